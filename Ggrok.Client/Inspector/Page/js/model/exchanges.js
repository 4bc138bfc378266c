import { lowerBound, place } from './sorted.js';

/** The summaries that the page knows, oldest first. Bounded: the oldest give way. */
export class Exchanges {
  constructor(limit = 10000) {
    this.limit = limit;
    this.items = [];
    this.watchers = new Set();
  }

  get(number) {
    const item = this.items[lowerBound(this.items, number)];
    return item?.number === number ? item : undefined;
  }

  /** Adds and updates. Watchers hear { put, fresh, floor }: what came, which of it is new, and the smallest number that is kept. */
  put(batch) {
    const taken = [];
    const fresh = [];
    for (const item of batch) {
      // A late word about an exchange that is over would bring it back to life.
      if (item.state !== 'done' && this.get(item.number)?.state === 'done') continue;
      if (place(this.items, item)) fresh.push(item);
      taken.push(item);
    }
    if (this.items.length > this.limit) this.items.splice(0, this.items.length - this.limit);
    this.tell({ put: taken, fresh, floor: this.items[0]?.number ?? 0 });
  }

  /** Forgets the oldest beyond so many: ggrok itself has let go of them. */
  trim(kept) {
    if (this.items.length <= kept) return;
    this.items.splice(0, this.items.length - kept);
    this.tell({ put: [], fresh: [], floor: this.items[0]?.number ?? Infinity });
  }

  /** Begins anew with these, in any order. */
  replace(items) {
    this.items = [...items].sort((a, b) => a.number - b.number).slice(-this.limit);
    this.tell({ all: true });
  }

  /** Forgets what is over. */
  clear() {
    this.items = this.items.filter((item) => item.state !== 'done');
    this.tell({ all: true });
  }

  watch(watcher) {
    this.watchers.add(watcher);
    return () => this.watchers.delete(watcher);
  }

  tell(change) {
    for (const watcher of this.watchers) watcher(change);
  }
}
