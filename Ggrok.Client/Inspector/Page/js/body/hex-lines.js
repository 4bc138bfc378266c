const perLine = 16;
const hex = Array.from({ length: 256 }, (_, value) => value.toString(16).padStart(2, '0'));

/** Bytes as offset, hexadecimal digits and characters. Lines are made when they are looked at. */
export class HexLines {
  constructor(bytes, width = perLine) {
    this.bytes = bytes;
    this.width = width;
    this.isTree = false;
    this.isFixed = true;
    this.offsetDigits = Math.max(4, Math.max(0, bytes.length - 1).toString(16).length);
  }

  get count() {
    return Math.ceil(this.bytes.length / this.width);
  }

  depth() {
    return 0;
  }

  end(index) {
    return index;
  }

  segments(index) {
    const at = index * this.width;
    return [
      [at.toString(16).padStart(this.offsetDigits, '0'), 'offset'], ['  ', 'sign'],
      [this.digits(at), 'number'], ['  ', 'sign'], [this.characters(at), 'string'],
    ];
  }

  digits(at) {
    let text = '';
    for (let index = 0; index < this.width; index++) {
      const byte = at + index < this.bytes.length ? hex[this.bytes[at + index]] : '  ';
      text += (index === 0 ? '' : index % 8 === 0 ? '  ' : ' ') + byte;
    }
    return text;
  }

  characters(at) {
    let text = '';
    for (const byte of this.bytes.subarray(at, at + this.width)) text += byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '·';
    return text;
  }

  text(index) {
    return this.segments(index).map(([text]) => text).join('');
  }

  toString() {
    return Array.from({ length: this.count }, (_, index) => this.text(index)).join('\n');
  }

  /** Finds characters, or bytes written as hexadecimal digits, also over the end of a line. Answers with what LineView marks. */
  find(query, most) {
    const wanted = /^([0-9a-f]{2}\s*){2,}$/i.test(query) ? query.replace(/\s/g, '').match(/../g).map((pair) => parseInt(pair, 16)) : [...new TextEncoder().encode(query)];
    const isSame = (one, two) => one === two || (lower(one) === lower(two) && !/^([0-9a-f]{2}\s*){2,}$/i.test(query));
    const matches = [];
    const last = this.bytes.length - wanted.length;
    for (let at = 0; at <= last && matches.length < most; at++) {
      let same = 0;
      while (same < wanted.length && isSame(this.bytes[at + same], wanted[same])) same++;
      if (same === wanted.length) matches.push(this.match(at, Math.min(wanted.length, this.width - at % this.width)));
    }
    return matches;
  }

  match(at, length) {
    const column = at % this.width;
    const characters = this.offsetDigits + 2 + this.digits(0).length + 2;
    return { line: Math.floor(at / this.width), start: characters + column, length };
  }
}

const lower = (byte) => (byte >= 0x41 && byte <= 0x5a ? byte + 32 : byte);
