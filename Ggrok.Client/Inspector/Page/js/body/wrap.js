// Lines broken into rows of a fixed number of columns, by the width of a monospaced character.

/** East Asian wide characters and emoji take two columns. */
const isWide = (code) => code >= 0x1100 && (code <= 0x115f || (code >= 0x2e80 && code <= 0xa4cf) || (code >= 0xac00 && code <= 0xd7a3)
  || (code >= 0xf900 && code <= 0xfaff) || (code >= 0xfe30 && code <= 0xfe6f) || (code >= 0xff00 && code <= 0xff60) || (code >= 0x1f300 && code <= 0x1faff));

const ascii = /^[\u0000-\u02ff]*$/;

/** Where the rows of a text begin: always 0 first. Further rows hang by `hang` columns. */
export function breaks(text, columns, hang = 0) {
  if (text.length <= columns && ascii.test(text)) return [0];
  const starts = [0];
  const further = Math.max(8, columns - hang);
  if (ascii.test(text)) {
    for (let at = columns; at < text.length; at += further) starts.push(at);
    return starts;
  }
  let used = 0;
  let room = columns;
  for (let at = 0; at < text.length;) {
    const code = text.codePointAt(at);
    const width = isWide(code) ? 2 : 1;
    if (used + width > room) {
      starts.push(at);
      used = 0;
      room = further;
    }
    used += width;
    at += code > 0xffff ? 2 : 1;
  }
  return starts;
}

/** The part of coloured segments between two places, with what was found in it marked. */
export function slice(segments, start, end, found = []) {
  const parts = [];
  let at = 0;
  for (const [text, style] of segments) {
    const from = Math.max(start, at);
    const to = Math.min(end, at + text.length);
    if (from < to) parts.push(...mark(text, style, at, from, to, found));
    at += text.length;
  }
  return parts;
}

function mark(text, style, at, from, to, found) {
  const parts = [];
  let done = from;
  for (const { start, length, isNow } of found) {
    const left = Math.max(done, start);
    const right = Math.min(to, start + length);
    if (left >= right) continue;
    if (left > done) parts.push([text.slice(done - at, left - at), style]);
    parts.push([text.slice(left - at, right - at), `${style} found${isNow ? ' now' : ''}`]);
    done = right;
  }
  if (done < to) parts.push([text.slice(done - at, to - at), style]);
  return parts;
}
