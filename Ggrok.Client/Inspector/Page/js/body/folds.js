/** Which lines of a model can be seen while some are folded. */
export class Folds {
  constructor(model) {
    this.model = model;
    this.folded = new Set();
  }

  canFold(line) {
    return this.model.end(line) > line;
  }

  isFolded(line) {
    return this.folded.has(line);
  }

  set(line, isFolded) {
    if (isFolded && this.canFold(line)) this.folded.add(line);
    else this.folded.delete(line);
  }

  /** Folds everything at this depth and below it; nothing with Infinity. */
  foldFrom(depth) {
    this.folded.clear();
    if (depth === Infinity) return;
    for (let line = 0; line < this.model.count; line++) if (this.canFold(line) && this.model.depth(line) >= depth) this.folded.add(line);
  }

  /** Opens whatever hides a line. True when something did. */
  reveal(line) {
    const before = this.folded.size;
    for (const fold of this.folded) if (fold < line && this.model.end(fold) >= line) this.folded.delete(fold);
    return this.folded.size < before;
  }

  /** The next line that can be seen after one that can. */
  after(line) {
    return (this.folded.has(line) ? this.model.end(line) : line) + 1;
  }
}
