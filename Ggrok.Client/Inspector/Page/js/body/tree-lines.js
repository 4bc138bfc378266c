/** Lines of a tree for a LineView: each knows its depth and where what folds at it ends. */
export class TreeLines {
  constructor(lines) {
    this.lines = lines;
    this.isTree = true;
  }

  get count() {
    return this.lines.length;
  }

  depth(index) {
    return this.lines[index].depth;
  }

  /** The last line of what folds at this line; the line itself when nothing does. */
  end(index) {
    return this.lines[index].end;
  }
}
