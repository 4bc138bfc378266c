import { el, put } from '../dom.js';

/** A table whose rows stay where they are while what stands in them changes: the focus and the pointer are not disturbed. */
export class Table {
  constructor({ caption, columns, keyOf, empty }) {
    this.columns = columns;
    this.keyOf = keyOf;
    this.empty = empty;
    this.rows = new Map();
    this.body = el('tbody');
    this.table = el('table', { class: 'table' },
      el('caption', { class: 'spoken' }, caption),
      el('thead', {}, el('tr', {}, columns.map(({ word, style }) => el('th', { scope: 'col', class: style ?? '' }, word || el('span', { class: 'spoken' }, 'Actions'))))), this.body);
    this.node = el('div', { class: 'panel' });
  }

  show(items) {
    const place = items.length ? this.table : this.empty();
    if (this.node.firstChild !== place) put(this.node, items.length ? el('div', { class: 'scroll' }, this.table) : place);
    const kept = new Map();
    items.forEach((item, index) => {
      const key = this.keyOf(item);
      const row = this.rows.get(key) ?? this.newRow();
      kept.set(key, row);
      this.fill(row, item);
      if (this.body.children[index] !== row.node) this.body.insertBefore(row.node, this.body.children[index] ?? null);
    });
    for (const [key, row] of this.rows) if (!kept.has(key)) row.node.remove();
    this.rows = kept;
  }

  newRow() {
    const cells = this.columns.map(({ word, style, wide }) => el('td', { class: [style, wide ? 'wide' : ''].filter(Boolean).join(' '), data: word && !wide && style !== 'name' ? { label: word } : {} }));
    return { node: el('tr', {}, cells), cells, seen: [] };
  }

  // A cell is made anew only when what it shows is something else.
  fill(row, item) {
    this.columns.forEach(({ of, keyOf }, index) => {
      const key = keyOf ? keyOf(item) : of(item);
      if (row.seen[index] === key && typeof key !== 'object') return;
      row.seen[index] = key;
      const value = keyOf ? of(item) : key;
      put(row.cells[index], value);
    });
  }
}

/** What stands where nothing is. */
export const nothing = (text, command) => el('div', { class: 'nothing' }, el('p', {}, text), command ? el('code', {}, command) : null);
