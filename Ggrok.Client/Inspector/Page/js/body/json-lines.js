import { TreeLines } from './tree-lines.js';

// JSON as lines that can be folded. The text itself is kept: numbers of any length, repeated keys and escapes are shown as they came.

const space = /[ \t\r\n]*/y;
const control = /[\u0000-\u001f]/;
const escapes = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/g;
const number = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const word = /true|false|null/y;
const perStep = 8000;

/** A text that is no JSON: says where it stops to be. */
export class NotJson extends Error {
  constructor(text, at, wanted) {
    const before = text.slice(0, at);
    const line = before.split('\n').length;
    const column = at - before.lastIndexOf('\n');
    super(at >= text.length ? `ends too early: ${wanted} is missing` : `line ${line}, column ${column}: ${wanted} was expected`);
    this.at = at;
  }
}

/** Reads JSON; with `several`, one value after the other (JSON lines). Throws NotJson. Never recurses: depth is no danger. */
export function parseJson(text, { several = false } = {}) {
  const steps = new Reader(text).read(several);
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}

/** Reads JSON and lets the page breathe in between, so that a large text does not hold it up. */
export async function parseJsonInSteps(text, { several = false } = {}) {
  const steps = new Reader(text).read(several);
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
    await new Promise((resolve) => setTimeout(resolve));
  }
}

class Reader {
  constructor(text) {
    this.text = text;
    this.at = text.charCodeAt(0) === 0xfeff ? 1 : 0;
    this.lines = [];
    this.open = [];
  }

  *read(several) {
    do {
      this.skipSpace();
      if (several && this.lines.length && this.at === this.text.length) break;
      this.value('', 0);
      for (let step = 1; this.open.length; step++) {
        this.member();
        if (step % perStep === 0) yield;
      }
      this.skipSpace();
    } while (several && this.at < this.text.length);
    if (this.at < this.text.length) this.fail('the end');
    return new JsonLines(this.lines);
  }

  /** One value behind its key; containers stay open. */
  value(key, depth) {
    const sign = this.text[this.at];
    if (sign === '{' || sign === '[') return this.begin(key, depth, sign);
    const [value, kind] = this.scalar(sign);
    this.lines.push({ depth, key, value, kind, end: this.lines.length, comma: false, children: 0, close: '' });
    return undefined;
  }

  scalar(sign) {
    if (sign === '"') return [this.string('a string'), 'string'];
    if (sign === '-' || (sign >= '0' && sign <= '9')) return [this.take(number, 'a number'), 'number'];
    return [this.take(word, 'a value'), 'word'];
  }

  begin(key, depth, sign) {
    const close = sign === '{' ? '}' : ']';
    this.at++;
    this.skipSpace();
    const line = { depth, key, value: sign, kind: 'open', end: this.lines.length, comma: false, children: 0, close };
    if (this.text[this.at] === close) {
      this.at++;
      line.value = sign + close;
      line.kind = 'empty';
    } else this.open.push(this.lines.length);
    this.lines.push(line);
  }

  /** The next member of the innermost container, with what separates it from the next. */
  member() {
    const parent = this.lines[this.open.at(-1)];
    const depth = parent.depth + 1;
    let key = '';
    if (parent.close === '}') {
      this.skipSpace();
      key = this.string('a key in quotes');
      this.skipSpace();
      this.expect(':');
    }
    this.skipSpace();
    parent.children++;
    const known = this.open.length;
    this.value(key, depth);
    if (this.open.length === known) this.separate();
  }

  /** After a member: a comma, or the end of containers. */
  separate() {
    while (this.open.length) {
      this.skipSpace();
      const parent = this.lines[this.open.at(-1)];
      if (this.text[this.at] === ',') {
        this.at++;
        this.last(parent).comma = true;
        return;
      }
      this.expect(parent.close, `"," or "${parent.close}"`);
      const index = this.open.pop();
      parent.end = this.lines.length;
      this.lines.push({ depth: parent.depth, key: '', value: parent.close, kind: 'close', end: this.lines.length, comma: false, children: 0, close: '', of: index });
    }
  }

  /** The line that the comma stands on; the opening line wants to know of it too, for when it is folded. */
  last() {
    const line = this.lines.at(-1);
    if (line.kind === 'close') this.lines[line.of].comma = true;
    return line;
  }

  /** A string with its quotes. Searched for its end, not matched by a pattern: a megabyte in one string is nothing special. */
  string(wanted) {
    const { text, at } = this;
    if (text[at] !== '"') this.fail(wanted);
    let end = at;
    do end = text.indexOf('"', end + 1); while (end > 0 && isEscaped(text, end, at));
    const value = text.slice(at, end + 1);
    if (end < 0 || control.test(value)) this.fail(`the end of ${wanted}`);
    if (value.includes('\\') && value.replace(escapes, '').includes('\\')) this.fail('a known escape');
    this.at = end + 1;
    return value;
  }

  skipSpace() {
    if (this.text.charCodeAt(this.at) > 0x20) return;
    space.lastIndex = this.at;
    space.test(this.text);
    this.at = space.lastIndex;
  }

  take(pattern, wanted) {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text);
    if (!found) this.fail(wanted);
    this.at += found[0].length;
    return found[0];
  }

  expect(sign, wanted = `"${sign}"`) {
    if (this.text[this.at] !== sign) this.fail(wanted);
    this.at++;
  }

  fail(wanted) {
    throw new NotJson(this.text, this.at, wanted);
  }
}

/** An odd number of backslashes stands before a quote. */
function isEscaped(text, at, start) {
  let before = at - 1;
  while (before > start && text[before] === '\\') before--;
  return (at - 1 - before) % 2 === 1;
}

/** Lines of JSON for a LineView. */
export class JsonLines extends TreeLines {
  segments(index, isFolded) {
    const { key, value, kind, comma, close, children } = this.lines[index];
    const parts = [];
    if (key) parts.push([key, 'key'], [': ', 'sign']);
    parts.push([value, kind === 'string' || kind === 'number' || kind === 'word' ? kind : 'sign']);
    if (isFolded) parts.push([` ${children === 1 ? '1 entry' : `${children.toLocaleString('en-US')} entries`} `, 'folded'], [close, 'sign']);
    if (comma && (kind !== 'open' || isFolded)) parts.push([',', 'sign']);
    return parts;
  }

  /** At least as long as the text; cheaper than the text itself. */
  length(index) {
    const { key, value } = this.lines[index];
    return key.length + value.length + 3;
  }

  text(index) {
    const { key, value, kind, comma } = this.lines[index];
    return (key ? `${key}: ${value}` : value) + (comma && kind !== 'open' ? ',' : '');
  }

  /** The whole, indented by two spaces. */
  toString() {
    return this.lines.map(({ depth }, index) => '  '.repeat(depth) + this.text(index)).join('\n');
  }

  /** The text of a line's value, containers included; for copying. */
  valueOf(index) {
    const { kind, end, value } = this.lines[index];
    if (kind === 'string') return JSON.parse(value);
    if (kind !== 'open') return value;
    const from = this.lines[index].depth;
    const rows = [value];
    for (let line = index + 1; line <= end; line++) {
      rows.push('  '.repeat(this.lines[line].depth - from) + (line === end ? this.lines[line].value : this.text(line)));
    }
    return rows.join('\n');
  }
}
