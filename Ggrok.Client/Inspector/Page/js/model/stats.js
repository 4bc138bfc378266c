const most = 900;

/** The figures of the last 15 minutes, one point a second. */
export class Stats {
  constructor() {
    this.points = [];
    this.watchers = new Set();
  }

  replace(points) {
    this.points = points.slice(-most);
    this.tell();
  }

  add(point) {
    // A point that was loaded comes again when it was on its way meanwhile.
    if (this.points.length && point.at <= this.points.at(-1).at) return;
    this.points.push(point);
    if (this.points.length > most) this.points.shift();
    this.tell();
  }

  watch(watcher) {
    this.watchers.add(watcher);
  }

  tell() {
    for (const watcher of this.watchers) watcher(this.points);
  }
}
