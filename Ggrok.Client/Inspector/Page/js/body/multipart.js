// Multipart bodies (RFC 2046 section 5.1) taken apart.

const latin1 = new TextDecoder('latin1');
const utf8 = new TextDecoder();

/** The boundary that a media type names, or null. */
export function boundaryOf(type) {
  const found = /;\s*boundary=(?:"([^"]+)"|([^;\s]+))/i.exec(type ?? '');
  return found ? found[1] ?? found[2] : null;
}

/** The parts between the boundaries: { headers: [[name, value]], name, filename, type, body, complete }. */
export function splitMultipart(bytes, boundary) {
  // Latin-1 keeps one character for one byte, so that places in the text are places in the bytes.
  const text = latin1.decode(bytes);
  const mark = `--${boundary}`;
  const parts = [];
  let at = text.startsWith(mark) ? 0 : next(text, mark, 0);
  while (at >= 0) {
    const lineEnd = text.indexOf('\n', at + mark.length);
    if (text.startsWith('--', at + mark.length) || lineEnd < 0) break;
    const following = next(text, mark, lineEnd);
    parts.push(readPart(text, bytes, lineEnd + 1, following));
    at = following;
  }
  return parts;
}

/** The next boundary at the beginning of a line. */
function next(text, mark, from) {
  const found = text.indexOf(`\n${mark}`, Math.max(0, from));
  return found < 0 ? -1 : found + 1;
}

function readPart(text, bytes, start, following) {
  const complete = following >= 0;
  let end = complete ? following - 1 : text.length;
  if (complete && text[end - 1] === '\r') end--;
  const { headers, bodyStart } = readHeaders(text, bytes, start, end);
  const find = (name) => headers.find(([known]) => known.toLowerCase() === name)?.[1] ?? '';
  const disposition = find('content-disposition');
  return {
    headers, complete, body: bytes.subarray(Math.min(bodyStart, end), end), type: find('content-type') || 'text/plain',
    name: parameter(disposition, 'name'), filename: parameter(disposition, 'filename'),
  };
}

function readHeaders(text, bytes, start, end) {
  const headers = [];
  let at = start;
  while (at < end) {
    const found = text.indexOf('\n', at);
    const lineEnd = found < 0 || found > end ? end : found;
    const line = utf8.decode(bytes.subarray(at, lineEnd)).replace(/\r$/, '');
    at = lineEnd + 1;
    if (line === '') break;
    const colon = line.indexOf(':');
    if (/^[ \t]/.test(line) && headers.length) headers.at(-1)[1] += ` ${line.trim()}`;
    else if (colon > 0) headers.push([line.slice(0, colon).trim(), line.slice(colon + 1).trim()]);
  }
  return { headers, bodyStart: at };
}

function parameter(value, name) {
  const found = new RegExp(`;\\s*${name}=(?:"((?:[^"\\\\]|\\\\.)*)"|([^;\\s]*))`, 'i').exec(value);
  return found ? (found[1]?.replace(/\\(.)/g, '$1') ?? found[2]) : null;
}
