import { TreeLines } from './tree-lines.js';

// XML and HTML as lines that can be folded. It shows what is there, well-formed or not, and refuses nothing.

const token = /<!--[\s\S]*?(?:-->|$)|<!\[CDATA\[[\s\S]*?(?:\]\]>|$)|<\?[\s\S]*?(?:\?>|$)|<![^>]*>?|<\/[^>]*>?|<[a-zA-Z_:](?:[^>"']|"[^"]*"|'[^']*')*>?|[^<]+|</g;
const attribute = /([^\s=/<>"']+)(\s*=\s*)?("[^"]*"|'[^']*'|[^\s>]*)?/g;
const voids = new Set(['area', 'base', 'br', 'col', 'embed', 'hr', 'img', 'input', 'link', 'meta', 'param', 'source', 'track', 'wbr']);
const raws = new Set(['script', 'style', 'textarea', 'title']);
const inlineBelow = 100;

/** Reads markup into lines. */
export function parseXml(text, { html = false } = {}) {
  return new Builder(html).build(text);
}

class Builder {
  constructor(html) {
    this.html = html;
    this.lines = [];
    this.open = [];
  }

  build(text) {
    token.lastIndex = 0;
    for (let found = token.exec(text); found; found = token.exec(text)) this.take(found[0], text);
    while (this.open.length) this.lines[this.open.pop().index].end = this.lines.length - 1;
    return new XmlLines(this.lines);
  }

  take(part, text) {
    if (part.startsWith('<!--')) this.plain(part, 'comment');
    else if (part.startsWith('<![CDATA[')) this.plain(part, 'string');
    else if (part.startsWith('<?') || part.startsWith('<!')) this.plain(part, 'comment');
    else if (part.startsWith('</')) this.end(part);
    else if (part.startsWith('<') && part.length > 1) this.begin(part, text);
    else this.plain(part, 'text');
  }

  /** Text and the like: a line for each of its own lines. */
  plain(part, kind) {
    for (const row of part.split('\n')) {
      const trimmed = row.trim();
      if (trimmed) this.push([[trimmed, kind]]);
    }
  }

  push(parts) {
    this.lines.push({ depth: this.open.length, parts, end: this.lines.length });
  }

  begin(part, text) {
    const name = /^<([^\s/>]+)/.exec(part)[1];
    const known = this.html ? name.toLowerCase() : name;
    this.push(tagParts(part));
    if (part.endsWith('/>') || (this.html && voids.has(known))) return;
    this.open.push({ name: known, index: this.lines.length - 1 });
    if (!this.html || !raws.has(known)) return;
    // What stands in a script is no markup.
    const rest = text.slice(token.lastIndex);
    const close = rest.search(new RegExp(`</${known}`, 'i'));
    const inner = close < 0 ? rest : rest.slice(0, close);
    this.plain(inner, 'text');
    token.lastIndex += inner.length;
  }

  end(part) {
    const name = part.slice(2).replace(/[\s>]+$/, '');
    const known = this.html ? name.toLowerCase() : name;
    const at = this.open.findLastIndex((entry) => entry.name === known);
    if (at < 0) return this.push(tagParts(part));
    while (this.open.length > at + 1) this.lines[this.open.pop().index].end = this.lines.length - 1;
    const { index } = this.open.pop();
    if (this.joins(index, part)) return undefined;
    this.push(tagParts(part));
    this.lines[index].end = this.lines.length - 1;
    return undefined;
  }

  /** An element with a short text or with nothing in it takes one line. */
  joins(index, part) {
    const within = this.lines.length - 1 - index;
    const inner = within === 1 ? this.lines[index + 1] : null;
    if (within > 1 || (inner && (!['text', 'string'].includes(inner.parts[0][1]) || inner.parts.length > 1 || inner.parts[0][0].length > inlineBelow))) return false;
    if (inner) this.lines.pop();
    this.lines[index].parts.push(...(inner?.parts ?? []), ...tagParts(part));
    return true;
  }
}

/** A tag in its parts. Attributes keep their quotes; space between them becomes one blank. */
export function tagParts(tag) {
  const [, opening, name, rest, closing] = /^(<\/?)([^\s/>]*)([\s\S]*?)(\/?>?)$/.exec(tag);
  const parts = [[opening, 'sign'], [name, 'key']];
  for (const [, key, equals, value] of rest.matchAll(attribute)) {
    parts.push([' ', 'sign'], [key, 'attribute']);
    if (equals) parts.push(['=', 'sign'], [(value ?? '').replace(/\s+/g, ' '), 'string']);
  }
  parts.push([closing, 'sign']);
  return parts;
}

export class XmlLines extends TreeLines {
  segments(index, isFolded) {
    const { parts, end } = this.lines[index];
    return isFolded ? [...parts, [` ${(end - index).toLocaleString('en-US')} ${end - index === 1 ? 'line' : 'lines'} `, 'folded']] : parts;
  }

  length(index) {
    return this.lines[index].parts.reduce((sum, [text]) => sum + text.length, 0);
  }

  text(index) {
    return this.lines[index].parts.map(([text]) => text).join('');
  }

  toString() {
    return this.lines.map(({ depth }, index) => '  '.repeat(depth) + this.text(index)).join('\n');
  }
}
