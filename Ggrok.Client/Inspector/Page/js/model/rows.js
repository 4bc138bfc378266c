import { lowerBound, place, remove } from './sorted.js';
import { matcher, noFilter } from './filter.js';

/**
 * What the list shows: the exchanges that pass the filter, newest first, up to a ceiling. While there is a ceiling, newer ones
 * wait behind it, so that rows do not move under the reader.
 */
export class Rows {
  constructor(exchanges) {
    this.exchanges = exchanges;
    this.filter = noFilter;
    this.passes = matcher(noFilter);
    this.matching = [];
    this.ceiling = Infinity;
    exchanges.watch((change) => this.apply(change));
  }

  /** How many rows there are. */
  get length() {
    return this.ceiling === Infinity ? this.matching.length : lowerBound(this.matching, this.ceiling + 1);
  }

  /** How many wait behind the ceiling. */
  get waiting() {
    return this.matching.length - this.length;
  }

  /** Row from the top, 0 is the newest. */
  at(row) {
    return this.matching[this.length - 1 - row];
  }

  /** Row of an exchange, -1 when it is not shown. */
  rowOf(number) {
    const index = lowerBound(this.matching, number);
    return this.matching[index]?.number === number && index < this.length ? this.length - 1 - index : -1;
  }

  /** Lets nothing newer in. */
  hold() {
    if (this.ceiling === Infinity) this.ceiling = this.exchanges.items.at(-1)?.number ?? 0;
  }

  /** Lets everything in again. */
  letIn() {
    this.ceiling = Infinity;
  }

  setFilter(filter) {
    this.filter = filter;
    this.passes = matcher(filter);
    this.rebuild();
  }

  rebuild() {
    this.matching = this.exchanges.items.filter(this.passes);
  }

  apply(change) {
    if (change.all) {
      // Numbers begin anew when ggrok was started again: the old ceiling would let everything through.
      if (this.ceiling !== Infinity) this.ceiling = Math.min(this.ceiling, this.exchanges.items.at(-1)?.number ?? 0);
      this.rebuild();
      return;
    }
    for (const item of change.put) {
      if (item.number < change.floor) continue;
      if (this.passes(item)) place(this.matching, item);
      else remove(this.matching, item.number);
    }
    const gone = lowerBound(this.matching, change.floor);
    if (gone > 0) this.matching.splice(0, gone);
  }
}
