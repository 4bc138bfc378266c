import { el, put } from '../dom.js';
import { icon } from '../icons.js';
import { many } from '../format/figures.js';
import { isEmpty } from '../model/filter.js';
import { confirmThat } from '../shell/dialog.js';
import { menuButton } from '../shell/menu.js';
import { orSay } from '../shell/toast.js';
import { importHar, takeDrops } from '../share/import.js';
import { openShare } from '../share/dialog.js';
import { FilterBar } from './filter-bar.js';
import { List } from './list.js';
import { showEmpty } from './empty.js';

const confirmAbove = 20;

/** The pane with the filter and the live list. */
export class RequestsView {
  constructor(pane, app) {
    this.app = app;
    this.list = new List(app.rows, { onopen: (number) => app.open(number), onchange: () => this.show() });
    this.pauseButton = el('button', { class: 'button plain only', type: 'button', onclick: () => this.togglePause() });
    this.bar = new FilterBar({ onfilter: (filter) => this.setFilter(filter), acts: this.acts() });
    this.notes = el('div', { class: 'notes', hidden: true });
    this.selection = el('div', { class: 'notes', role: 'status', hidden: true });
    this.empty = el('div', { class: 'empty', hidden: true });
    this.list.node.append(this.empty);
    pane.append(this.bar.node, this.selection, this.notes, this.list.node);
    takeDrops(pane, (file) => importHar(app, file));
    this.skipped = 0;
    this.list.setFacts({ severalHosts: false, severalTunnels: false });
    this.show();
  }

  acts() {
    return [
      this.pauseButton,
      el('button', { class: 'button plain only', type: 'button', title: 'Clear the list', 'aria-label': 'Clear the list', onclick: () => this.clear() }, icon('trash')),
      menuButton({ class: 'button plain only', title: 'Export and import', 'aria-label': 'Export and import' }, icon('share'), () => this.shareMenu()),
    ];
  }

  shareMenu() {
    const { app, list } = this;
    const filter = app.rows.filter;
    return [
      ...(list.selected.size ? [{ text: `Export the ${list.selected.size} selected…`, icon: 'download', act: () => openShare(app, { numbers: [...list.selected] }) }] : []),
      ...(isEmpty(filter) ? [] : [{ text: 'Export what passes the filter…', icon: 'download', act: () => openShare(app, { filter }) }]),
      { text: 'Export all as HAR…', icon: 'download', act: () => openShare(app, {}) },
      '-',
      { text: 'Import a HAR file…', icon: 'plus', act: () => importHar(app) },
    ];
  }

  setFilter(filter) {
    this.app.rows.setFilter(filter);
    this.list.grid.scrollTop = 0;
    if (!this.list.paused) this.app.rows.letIn();
    this.show();
    this.list.schedule();
  }

  togglePause() {
    this.list.setPaused(!this.list.paused);
  }

  clear() {
    const over = this.app.exchanges.items.filter((item) => item.state === 'done').length;
    const act = () => orSay(async () => {
      await this.app.api.write('DELETE', 'exchanges');
      this.app.exchanges.clear();
      this.list.clearSelection();
    });
    if (over <= confirmAbove) act();
    else confirmThat({ title: 'Clear the list?', text: `${many(over, 'exchange')} will be forgotten. What is still running stays.`, act, word: 'Clear' });
  }

  /** Tells of exchanges that came too fast. They are fetched when it is calm. */
  setSkipped(count) {
    this.skipped = count;
    this.show();
  }

  /** Brings everything around the rows up to date; at most once in a frame. */
  show() {
    this.frame ??= requestAnimationFrame(() => {
      this.frame = null;
      this.showNow();
    });
  }

  showNow() {
    const { app, list } = this;
    const { paused } = list;
    if (this.pauseButton.dataset.paused !== String(paused)) {
      this.pauseButton.dataset.paused = String(paused);
      this.pauseButton.setAttribute('aria-pressed', String(paused));
      this.pauseButton.setAttribute('aria-label', paused ? 'Go on' : 'Pause');
      this.pauseButton.title = paused ? 'Go on (p)' : 'Pause (p)';
      put(this.pauseButton, icon(paused ? 'play' : 'pause'));
    }
    this.showSelection();
    this.showNotes();
    const { facts } = app;
    this.bar.offer([...facts.methods].sort(), [...facts.hosts].sort(), [...facts.tunnels].sort());
    if (list.facts.severalHosts !== facts.hosts.size > 1 || list.facts.severalTunnels !== facts.tunnels.size > 1) {
      list.setFacts({ severalHosts: facts.hosts.size > 1, severalTunnels: facts.tunnels.size > 1 });
    }
    const isFiltered = app.exchanges.items.length > 0;
    this.empty.hidden = app.rows.length > 0 || !app.isLoaded || app.rows.waiting > 0;
    if (!this.empty.hidden) showEmpty(this.empty, { isFiltered, status: app.status, onreset: () => this.bar.reset() });
  }

  showSelection() {
    const { size } = this.list.selected;
    this.selection.hidden = size === 0;
    if (size === 0 || this.selection.dataset.size === String(size)) return;
    this.selection.dataset.size = String(size);
    put(this.selection, `${many(size, 'request')} selected`,
      el('button', { class: 'link', type: 'button', onclick: () => openShare(this.app, { numbers: [...this.list.selected] }) }, 'Export as HAR'),
      size === 2 ? el('button', { class: 'link', type: 'button', onclick: () => this.compare() }, 'Compare the responses') : null,
      el('button', { class: 'link end', type: 'button', onclick: () => this.list.clearSelection() }, 'Clear the selection'));
  }

  compare() {
    const [first, second] = [...this.list.selected].sort((a, b) => a - b);
    this.app.compare(first, second);
  }

  showNotes() {
    const { filter, matching } = this.app.rows;
    const text = [
      isEmpty(filter) ? '' : `${many(matching.length, 'request')} of ${this.app.exchanges.items.length.toLocaleString('en-US')} pass the filter`,
      this.skipped ? `${many(this.skipped, 'change')} came too fast to be shown and will be fetched when it is calm` : '',
    ];
    this.notes.hidden = text.every((part) => part === '');
    const key = JSON.stringify(text);
    if (this.notes.hidden || this.notes.dataset.key === key) return;
    this.notes.dataset.key = key;
    put(this.notes, text.filter(Boolean).map((part) => el('span', {}, part)),
      isEmpty(filter) ? null : el('button', { class: 'link end', type: 'button', onclick: () => this.bar.reset() }, 'Clear the filter'));
  }
}
