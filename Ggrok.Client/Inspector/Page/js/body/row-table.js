/** Which row shows which part of which line. Plain numbers in arrays: a body may have hundreds of thousands of lines. */
export class RowTable {
  constructor(lineCount) {
    this.length = 0;
    this.lines = new Int32Array(Math.max(64, lineCount));
    this.starts = new Int32Array(this.lines.length);
    this.firsts = new Int32Array(lineCount).fill(-1);
  }

  /** Adds the rows of a line: where each begins in its text, always 0 first. */
  add(line, starts) {
    this.firsts[line] = this.length;
    if (this.length + starts.length > this.lines.length) this.grow(this.length + starts.length);
    for (const start of starts) {
      this.lines[this.length] = line;
      this.starts[this.length++] = start;
    }
  }

  at(row) {
    const line = this.lines[row];
    const isLast = row + 1 >= this.length || this.lines[row + 1] !== line;
    return { line, start: this.starts[row], end: isLast ? Infinity : this.starts[row + 1], isFirst: this.firsts[line] === row };
  }

  /** First row of a line, -1 when it is folded away. */
  firstOf(line) {
    return this.firsts[line];
  }

  grow(wanted) {
    const size = Math.max(wanted, this.lines.length * 2);
    for (const name of ['lines', 'starts']) {
      const larger = new Int32Array(size);
      larger.set(this[name]);
      this[name] = larger;
    }
  }
}
