const calmMs = 2000;
const more = 200;
const most = 10000;

/** Fetches what came too fast to be told, once it is calm. */
export class Catcher {
  constructor(fetchLatest, onchange) {
    this.fetchLatest = fetchLatest;
    this.onchange = onchange;
    this.count = 0;
  }

  skipped(count) {
    this.count += count;
    this.onchange(this.count);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.fetch(), calmMs);
  }

  async fetch() {
    const asked = this.count;
    try {
      await this.fetchLatest(Math.min(most, asked + more));
    } catch {
      // Gone: the page loads everything when ggrok is back.
      return;
    }
    this.count -= asked;
    this.onchange(this.count);
  }

  reset() {
    clearTimeout(this.timer);
    this.count = 0;
    this.onchange(0);
  }
}
