import { el, setText } from '../dom.js';
import { visibleRange, scrollToShow } from './range.js';
import { fillDuration, fillRow, makeRow } from './row.js';
import { count } from '../format/figures.js';

const wideRow = 32;
const narrowRow = 54;
const narrowBelow = 760;

/**
 * The live list. Only the rows that can be seen exist. It stays at the top while the reader is there; else newer rows wait and
 * a button tells how many.
 */
export class List {
  constructor(rows, { onopen, onchange }) {
    this.rows = rows;
    this.onopen = onopen;
    this.onchange = onchange;
    this.active = null;
    this.selected = new Set();
    this.anchor = null;
    this.paused = false;
    this.alive = new Map();
    this.spare = [];
    this.newest = 0;
    this.facts = { severalHosts: false, severalTunnels: false };
    this.build();
  }

  build() {
    this.canvas = el('div', { class: 'canvas', role: 'presentation' });
    this.head = el('div', { class: 'grid-head', 'aria-hidden': 'true' },
      ['Method', 'Status', 'Target', '', 'Tunnel', 'Time'].map((name) => el('span', {}, name)),
      el('span', { class: 'end' }, 'Duration'), el('span', { class: 'end' }, 'Size'));
    this.grid = el('div', {
      class: 'grid', id: 'list', role: 'grid', tabindex: 0, 'aria-label': 'Requests, newest first', 'aria-multiselectable': 'true',
      'aria-colcount': 8,
    }, this.canvas);
    this.newer = el('button', { class: 'button small newer', type: 'button', hidden: true, onclick: () => this.toTop() });
    this.node = el('div', { class: 'grid-box' }, this.head, this.grid, this.newer);
    this.grid.addEventListener('scroll', () => this.scrolled(), { passive: true });
    this.grid.addEventListener('focus', () => this.active === null && this.rows.length > 0 && this.grid.matches(':focus-visible') && this.move(0));
    this.grid.addEventListener('click', (event) => this.clicked(event));
    new ResizeObserver(() => this.resized()).observe(this.grid);
    setInterval(() => this.tick(), 1000);
  }

  get rowHeight() {
    return this.isNarrow ? narrowRow : wideRow;
  }

  resized() {
    const isNarrow = this.grid.clientWidth < narrowBelow;
    if (isNarrow !== this.isNarrow) {
      const top = Math.floor(this.grid.scrollTop / this.rowHeight);
      this.isNarrow = isNarrow;
      this.node.closest('.list-pane')?.classList.toggle('narrow', isNarrow);
      this.draw();
      this.grid.scrollTop = top * this.rowHeight;
    }
    this.schedule();
  }

  /** Less than a row from the top counts as there. */
  get isAtTop() {
    return this.grid.scrollTop < this.rowHeight;
  }

  /** A hidden list forgets where it was scrolled to. */
  setShown(isShown) {
    if (isShown === this.isShown) return;
    this.isShown = isShown;
    if (isShown) this.grid.scrollTop = this.leftAt ?? 0;
    else this.leftAt = this.grid.scrollTop;
    this.schedule();
  }

  schedule() {
    this.frame ??= requestAnimationFrame(() => {
      this.frame = null;
      this.draw();
    });
  }

  scrolled() {
    if (!this.isAtTop) this.rows.hold();
    else if (!this.paused) this.rows.letIn();
    this.schedule();
  }

  toTop() {
    this.setPaused(false);
    this.rows.letIn();
    this.grid.scrollTop = 0;
    this.schedule();
    this.onchange();
  }

  setPaused(paused) {
    this.paused = paused;
    if (paused) this.rows.hold();
    else if (this.isAtTop) this.rows.letIn();
    this.schedule();
    this.onchange();
  }

  draw() {
    const { rows, grid, rowHeight } = this;
    if (!this.paused && rows.waiting > 0 && this.isAtTop) rows.letIn();
    const height = `${rows.length * rowHeight}px`;
    if (this.canvas.style.height !== height) this.canvas.style.height = height;
    grid.setAttribute('aria-rowcount', String(rows.length));
    const { first, last } = visibleRange(grid.scrollTop, grid.clientHeight, rowHeight, rows.length);
    const wanted = new Map();
    for (let row = first; row < last; row++) wanted.set(rows.at(row).number, row);
    for (const [number, line] of this.alive) {
      if (wanted.has(number)) continue;
      this.alive.delete(number);
      // Its id may be wanted for another row.
      line.node.removeAttribute('id');
      line.exchange = null;
      this.spare.push(line);
    }
    const added = document.createDocumentFragment();
    for (const [number, row] of wanted) this.place(number, row, added);
    if (added.childNodes.length) this.canvas.append(added);
    for (const line of this.spare.splice(40)) line.node.remove();
    for (const line of this.spare) if (!line.node.hidden) line.node.hidden = true;
    this.showActive();
    this.showNewer();
  }

  place(number, row, added) {
    let line = this.alive.get(number);
    if (!line) {
      line = this.spare.pop() ?? makeRow();
      this.alive.set(number, line);
      if (!line.node.isConnected) added.append(line.node);
      line.node.hidden = false;
      line.node.classList.toggle('fresh', number > this.newest && this.isCalm);
      this.newest = Math.max(this.newest, number);
    }
    fillRow(line, this.rows.at(row), this.facts);
    if (line.row !== row || line.height !== this.rowHeight) {
      line.row = row;
      line.height = this.rowHeight;
      line.node.style.transform = `translateY(${row * this.rowHeight}px)`;
      line.node.setAttribute('aria-rowindex', String(row + 1));
    }
    const isSelected = this.selected.has(number);
    line.node.classList.toggle('active', number === this.active);
    line.node.classList.toggle('selected', isSelected);
    line.node.setAttribute('aria-selected', String(isSelected || number === this.active));
  }

  /** Says that exchanges came; at a quiet pace new rows light up. */
  came(fresh) {
    const now = performance.now();
    this.pace = (this.pace ?? 0) * Math.exp(((this.lastCame ?? now) - now) / 1000) + fresh;
    this.lastCame = now;
    this.isCalm = this.pace < 8;
    this.schedule();
  }

  /** The list was filled anew: nothing of it has just come, and the row of the open details is looked for. */
  settle(number) {
    this.newest = this.rows.exchanges.items.at(-1)?.number ?? 0;
    if (number && this.rows.rowOf(number) >= 0) this.setActive(number, { show: true });
    this.schedule();
  }

  showActive() {
    if (this.alive.has(this.active)) this.grid.setAttribute('aria-activedescendant', `x${this.active}`);
    else this.grid.removeAttribute('aria-activedescendant');
  }

  showNewer() {
    const { waiting } = this.rows;
    this.newer.hidden = waiting === 0;
    if (waiting > 0) setText(this.newer, this.paused ? `Paused · ${count(waiting)} new` : `${count(waiting)} new`);
  }

  tick() {
    for (const [, line] of this.alive) if (line.exchange.state !== 'done') fillDuration(line, line.exchange);
  }

  clicked(event) {
    const node = event.target.closest('.row');
    if (!node) return;
    const number = Number(node.id.slice(1));
    if (event.shiftKey) this.selectTo(number);
    else if (event.ctrlKey || event.metaKey) this.toggle(number);
    else {
      this.selected.clear();
      this.anchor = number;
      this.setActive(number);
      this.onopen(number);
    }
    this.changed();
  }

  setActive(number, { show = false } = {}) {
    this.active = number;
    const row = number === null ? -1 : this.rows.rowOf(number);
    if (show && row >= 0) {
      // The canvas must be as high as the rows want it, or there is nothing to scroll to.
      this.canvas.style.height = `${this.rows.length * this.rowHeight}px`;
      this.grid.scrollTop = scrollToShow(row, this.grid.scrollTop, this.grid.clientHeight, this.rowHeight);
    }
    this.schedule();
  }

  /** Moves the active row; answers with its number. */
  move(by) {
    if (this.rows.length === 0) return null;
    const from = this.active === null ? -1 : this.rows.rowOf(this.active);
    const row = from < 0 ? 0 : Math.max(0, Math.min(this.rows.length - 1, from + by));
    const { number } = this.rows.at(row);
    this.anchor = number;
    this.setActive(number, { show: true });
    return number;
  }

  toggle(number) {
    if (!this.selected.delete(number)) this.selected.add(number);
    this.anchor = number;
    this.setActive(number);
    this.changed();
  }

  selectTo(number) {
    const from = this.rows.rowOf(this.anchor ?? this.active ?? number);
    const to = this.rows.rowOf(number);
    if (to < 0) return;
    this.selected.clear();
    for (let row = Math.min(from < 0 ? to : from, to); row <= Math.max(from, to); row++) this.selected.add(this.rows.at(row).number);
    this.setActive(number);
    this.changed();
  }

  clearSelection() {
    this.selected.clear();
    this.changed();
  }

  changed() {
    this.schedule();
    this.onchange();
  }

  setFacts(facts) {
    this.facts = facts;
    this.node.closest('.list-pane')?.style.setProperty('--tunnel-width', facts.severalTunnels ? '72px' : '0px');
    this.node.closest('.list-pane')?.classList.toggle('one-tunnel', !facts.severalTunnels);
    setText(this.head.children[4], facts.severalTunnels ? 'Tunnel' : '');
    this.schedule();
  }
}
