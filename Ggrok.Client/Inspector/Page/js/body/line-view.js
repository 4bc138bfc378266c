import { el } from '../dom.js';
import { icon } from '../icons.js';
import { visibleRange } from '../list/range.js';
import { breaks, slice } from './wrap.js';
import { findInLines } from './find.js';
import { Folds } from './folds.js';
import { keyAct } from './line-keys.js';
import { RowTable } from './row-table.js';

const rowHeight = 19;
const mostIndent = 40;
const unwrapped = 4000;

/** Lines of a model, folded, wrapped and searched. Only the rows in view exist, however long the body is. */
export class LineView {
  constructor(model, { label, wrap = true, oncopy } = {}) {
    this.model = model;
    this.folds = new Folds(model);
    this.wrap = wrap;
    this.oncopy = oncopy;
    this.matches = [];
    this.now = -1;
    this.active = 0;
    this.canvas = el('div', { class: 'lines-canvas', role: 'presentation' });
    this.node = el('div', { class: model.isTree ? 'lines tree' : 'lines', role: model.isTree ? 'tree' : 'group', tabindex: 0, 'aria-label': label }, this.canvas);
    this.node.addEventListener('click', (event) => this.clicked(event));
    this.node.addEventListener('keydown', (event) => this.pressed(event));
    this.observer = new ResizeObserver(() => this.resized());
    this.observer.observe(this.node);
  }

  /** The element around that scrolls; found when the view is in the page. */
  attach() {
    this.scroller = this.node.closest('.scroll');
    this.onscroll = () => {
      if (!this.node.isConnected) this.scroller.removeEventListener('scroll', this.onscroll);
      else this.draw();
    };
    this.scroller.addEventListener('scroll', this.onscroll, { passive: true });
    new ResizeObserver(() => this.draw()).observe(this.scroller);
    const probe = el('span', { class: 'lines-probe' }, '0'.repeat(100));
    this.node.append(probe);
    this.charWidth = probe.getBoundingClientRect().width / 100;
    probe.remove();
  }

  resized() {
    if (!this.node.isConnected || this.node.clientWidth === 0) return;
    if (!this.scroller) this.attach();
    if (this.width === this.node.clientWidth) return;
    this.width = this.node.clientWidth;
    this.layOut();
  }

  get gutter() {
    if (this.model.isTree) return 18;
    return this.model.hasNumbers ? (String(this.model.count).length + 2) * this.charWidth + 4 : 8;
  }

  /** Which rows there are: lines that can be seen, broken by the width. */
  layOut() {
    if (!this.scroller) return;
    const { model } = this;
    const columns = this.wrap && !model.isFixed ? Math.max(16, Math.floor((this.width - this.gutter - 10) / this.charWidth)) : unwrapped;
    this.rows = new RowTable(model.count);
    let widest = 0;
    for (let line = 0; line < model.count; line = this.folds.after(line)) {
      const indent = this.indent(line);
      this.rows.add(line, this.breaksOf(line, Math.max(16, columns - indent)));
      if (!this.wrap || model.isFixed) widest = Math.max(widest, indent + Math.min(unwrapped, model.isFixed ? model.text(0).length : model.text(line).length + 20));
    }
    this.canvas.style.height = `${this.rows.length * rowHeight}px`;
    this.canvas.style.width = this.wrap && !model.isFixed ? '100%' : `max(100%, ${Math.ceil(widest * this.charWidth + this.gutter + 12)}px)`;
    this.shown = null;
    this.draw();
  }

  breaksOf(line, columns) {
    const { model } = this;
    // Every character takes two columns at most: a short line needs no look at its text.
    if (model.isFixed || this.folds.isFolded(line) || model.length(line) * 2 <= columns) return [0];
    return breaks(model.text(line), columns, model.isTree ? 2 : 0);
  }

  indent(line) {
    return Math.min(mostIndent, this.model.depth(line)) * 2;
  }

  draw() {
    if (!this.rows || this.node.clientWidth === 0) return;
    const above = this.node.getBoundingClientRect().top - this.scroller.getBoundingClientRect().top;
    const { first, last } = visibleRange(-above, this.scroller.clientHeight, rowHeight, this.rows.length, 10);
    const key = `${first} ${last}`;
    if (key === this.shown) return;
    this.shown = key;
    const rows = [];
    for (let row = first; row < last; row++) rows.push(this.makeRow(row));
    this.canvas.replaceChildren(...rows);
    this.showActive();
  }

  redraw() {
    this.shown = null;
    this.draw();
  }

  makeRow(index) {
    const { model } = this;
    const { line, start, end, isFirst } = this.rows.at(index);
    const isFolded = this.folds.isFolded(line);
    const node = el('div', { class: 'line' });
    node.dataset.line = line;
    node.style.transform = `translateY(${index * rowHeight}px)`;
    node.style.paddingLeft = `${this.gutter + (this.indent(line) + (isFirst || !model.isTree ? 0 : 2)) * this.charWidth}px`;
    if (model.isTree && isFirst) this.makeItem(node, line, isFolded);
    if (model.hasNumbers && isFirst) node.append(el('span', { class: 'number-of', 'aria-hidden': 'true' }, String(line + 1)));
    const found = this.matchesOf(line);
    for (const [text, style] of slice(model.segments(line, isFolded), start, isFolded ? Infinity : end, found)) {
      node.append(style === 'text' ? text : el('span', { class: `t-${style}` }, text));
    }
    return node;
  }

  makeItem(node, line, isFolded) {
    node.id = this.idOf(line);
    node.setAttribute('role', 'treeitem');
    node.setAttribute('aria-level', String(this.model.depth(line) + 1));
    if (!this.folds.canFold(line)) return;
    node.setAttribute('aria-expanded', String(!isFolded));
    const arrow = el('span', { class: isFolded ? 'fold closed' : 'fold', 'aria-hidden': 'true' });
    arrow.style.left = `${2 + this.indent(line) * this.charWidth}px`;
    node.append(arrow);
  }

  idOf(line) {
    this.prefix ??= `l${Math.random().toString(36).slice(2, 8)}`;
    return `${this.prefix}-${line}`;
  }

  matchesOf(line) {
    if (!this.byLine) return [];
    return this.byLine.get(line) ?? [];
  }

  clicked(event) {
    const node = event.target.closest('.line');
    if (!node || !this.model.isTree) return;
    if (event.target.closest('.line-copy')) return;
    const line = Number(node.dataset.line);
    this.active = line;
    this.wasChosen = true;
    const isText = String(getSelection()) !== '';
    if (!isText && this.folds.canFold(line) && (event.target.closest('.fold, .t-folded, .t-sign') || this.folds.isFolded(line))) this.fold(line, !this.folds.isFolded(line));
    else this.showActive();
  }

  fold(line, isFolded) {
    this.folds.set(line, isFolded);
    this.layOut();
  }

  foldFrom(depth) {
    this.folds.foldFrom(depth);
    this.active = 0;
    this.layOut();
  }

  setWrap(wrap) {
    this.wrap = wrap;
    this.layOut();
  }

  pressed(event) {
    if (!this.model.isTree || event.ctrlKey || event.metaKey || event.altKey || !this.rows) return;
    const act = keyAct(this, event.key);
    if (!act) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  }

  go(line) {
    this.active = line;
    this.show(line);
    this.showActive();
  }

  showActive() {
    if (!this.model.isTree) return;
    this.canvas.querySelector('.line.active')?.classList.remove('active');
    this.copyButton?.remove();
    const node = document.getElementById(this.idOf(this.active));
    node?.classList.add('active');
    if (node && this.oncopy && this.wasChosen) node.append(this.copyButton ??= this.makeCopyButton());
    if (node) this.node.setAttribute('aria-activedescendant', node.id);
    else this.node.removeAttribute('aria-activedescendant');
  }

  /** Stands on the line that was chosen. It is not in the order of the Tab key: c does the same. */
  makeCopyButton() {
    return el('button', { class: 'line-copy', type: 'button', tabindex: -1, title: 'Copy the value (c)', 'aria-label': 'Copy the value', onclick: () => this.oncopy(this.active) }, icon('copy'));
  }

  /** Scrolls so that a line can be seen. */
  show(line, part = 0) {
    const row = Math.max(0, this.rows.firstOf(line)) + part;
    const above = this.node.getBoundingClientRect().top - this.scroller.getBoundingClientRect().top + row * rowHeight;
    const top = 96;
    if (above < top || above > this.scroller.clientHeight - 2 * rowHeight) this.scroller.scrollTop += above - this.scroller.clientHeight * 0.4;
    this.redraw();
  }

  /** Searches; answers with the number of matches. */
  find(query) {
    this.resized();
    this.matches = findInLines(this.model, query);
    this.now = -1;
    this.byLine = new Map();
    for (const match of this.matches) {
      match.isNow = false;
      if (!this.byLine.has(match.line)) this.byLine.set(match.line, []);
      this.byLine.get(match.line).push(match);
    }
    this.redraw();
    return this.matches.length;
  }

  /** Goes to the next match, or back; answers with its place. */
  findNext(by) {
    if (this.matches.length === 0 || !this.rows) return -1;
    if (this.now >= 0) this.matches[this.now].isNow = false;
    this.now = this.now < 0 ? (by > 0 ? 0 : this.matches.length - 1) : (this.now + by + this.matches.length) % this.matches.length;
    const match = this.matches[this.now];
    match.isNow = true;
    if (this.folds.reveal(match.line)) this.layOut();
    const first = this.rows.firstOf(match.line);
    let part = 0;
    while (this.rows.at(first + part).end <= match.start) part++;
    this.show(match.line, part);
    return this.now;
  }
}
