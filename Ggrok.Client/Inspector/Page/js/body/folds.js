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

  /** Opens whatever hides a line. */
  reveal(line) {
    for (const fold of this.folded) if (fold < line && this.model.end(fold) >= line) this.folded.delete(fold);
  }

  /** The lines that can be seen. */
  lines() {
    const { model } = this;
    const seen = [];
    for (let line = 0; line < model.count; line++) {
      seen.push(line);
      // XML elements end on their closing tag's line, JSON containers on their bracket's: both vanish with the fold.
      if (this.folded.has(line)) line = model.end(line);
    }
    return seen;
  }
}
