const controls = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** What cannot be seen, or would turn a line around, is shown as its code point. */
export const visible = (text) => text.replace(controls, (sign) => `␀U+${sign.codePointAt(0).toString(16).toUpperCase().padStart(4, '0')}`.slice(1));

/** Plain text in lines, with their numbers. */
export class TextLines {
  constructor(text) {
    this.lines = text.split(/\r\n|\n|\r/);
    this.isTree = false;
    this.hasNumbers = true;
  }

  get count() {
    return this.lines.length;
  }

  depth() {
    return 0;
  }

  end(index) {
    return index;
  }

  segments(index) {
    return [[this.text(index), 'text']];
  }

  /** A control character becomes six. */
  length(index) {
    return this.lines[index].length * 6;
  }

  text(index) {
    // All rows of a long line ask for the same text.
    if (this.last !== index) {
      this.last = index;
      this.lastText = visible(this.lines[index].replaceAll('\t', '  '));
    }
    return this.lastText;
  }

  toString() {
    return this.lines.join('\n');
  }
}
