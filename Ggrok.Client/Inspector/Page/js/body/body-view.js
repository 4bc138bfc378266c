import { el, put, setText } from '../dom.js';
import { icon } from '../icons.js';
import { bytes as sizeText, count } from '../format/figures.js';
import { copy } from '../share/clipboard.js';
import { save } from '../share/dialog.js';
import { openMenu } from '../shell/menu.js';
import { orSay } from '../shell/toast.js';
import { kindNames } from './kind.js';
import { LineView } from './line-view.js';
import { choicesOf, makeView } from './views.js';

let wraps = true;

/** A body with its tools: the ways to look at it, search, folding, wrapping, copying and download. */
export class BodyView {
  /** The source: see source.js. Bodies of fewer lines than `simpleBelow` need neither search nor folding. */
  constructor(source, { label, simpleBelow = 2 }) {
    this.source = source;
    this.simpleBelow = simpleBelow;
    this.label = label;
    this.box = el('div', { class: 'body-box' });
    this.notes = el('div', { class: 'body-notes' });
    this.node = el('section', { class: 'body', 'aria-label': label });
    this.choices = choicesOf(source);
    this.node.append(this.tools(), this.notes, this.box);
    this.choose(this.choices[0]);
  }

  tools() {
    this.ways = el('div', { class: 'segments', role: 'group', 'aria-label': 'View' });
    this.query = el('input', {
      class: 'input', type: 'search', placeholder: 'Search', 'aria-label': `Search in the ${this.label.toLowerCase()}`, spellcheck: 'false', autocomplete: 'off',
      oninput: () => this.searchSoon(), onkeydown: (event) => this.searchKey(event),
    });
    this.tally = el('span', { class: 'tally', role: 'status' });
    const step = (by, sign, name) => el('button', { class: 'button plain small only', type: 'button', title: name, 'aria-label': name, onclick: () => this.step(by) }, icon(sign));
    this.finder = el('div', { class: 'finder' }, this.query, this.tally, step(-1, 'up', 'Previous match'), step(1, 'down', 'Next match'));
    const tool = (sign, name, act) => el('button', { class: 'button plain small only', type: 'button', title: name, 'aria-label': name, onclick: act }, icon(sign));
    this.foldButtons = el('div', { class: 'segments', role: 'group', 'aria-label': 'Fold' },
      el('button', { type: 'button', title: 'Fold all but the first level', onclick: () => this.view.foldFrom(1) }, 'Fold'),
      el('button', { type: 'button', title: 'Open everything', onclick: () => this.view.foldFrom(Infinity) }, 'Unfold'));
    this.wrapButton = tool('wrap', 'Wrap long lines', () => this.toggleWrap());
    return el('div', { class: 'body-tools' }, this.ways, this.finder, this.foldButtons,
      el('div', { class: 'end' }, this.wrapButton, tool('copy', 'Copy the body', () => this.copy()), tool('download', 'Download the body', (event) => this.download(event))));
  }

  async choose(choice) {
    this.choice = choice;
    put(this.ways, this.choices.map((other) => el('button', {
      type: 'button', 'aria-pressed': String(other === choice), onclick: () => this.choose(other),
    }, kindNames[other] ?? { raw: 'Raw', bytes: 'Bytes' }[other])));
    this.ways.hidden = this.choices.length < 2;
    put(this.box, el('p', { class: 'soft loading' }, 'Loading…'));
    const made = await makeView(this.source, choice).catch((problem) => ({ node: el('p', { class: 'hint bad' }, problem.message) }));
    if (this.choice !== choice) return;
    this.show(made);
  }

  show(made) {
    this.view = made.model ? new LineView(made.model, { label: this.label, wrap: wraps, oncopy: made.model.valueOf ? (line) => this.copyValue(line) : null }) : null;
    const isTree = Boolean(made.model?.isTree);
    this.finder.hidden = !this.view || made.model.count < this.simpleBelow;
    this.foldButtons.hidden = !isTree || made.model.count < Math.max(3, this.simpleBelow);
    this.wrapButton.hidden = !this.view || Boolean(made.model.isFixed);
    this.wrapButton.setAttribute('aria-pressed', String(wraps));
    put(this.box, this.view ? this.view.node : made.node);
    this.showNotes(made.note);
    if (this.view && this.query.value) this.search();
  }

  showNotes(more) {
    const { source } = this;
    const notes = [
      source.note ? sentence(source.note) : source.truncated ? `Only the first ${sizeText(source.keptBytes)} of ${sizeText(source.bytes)} were kept.` : '',
      more ?? '',
      source.encodings.length ? `Decoded from ${source.encodings.join(', ')}: ${sizeText(source.keptBytes)} became ${sizeText(source.decodedBytes)}.` : '',
    ].filter(Boolean);
    put(this.notes, notes.map((note, index) => el('p', { class: index === notes.length - 1 && source.encodings.length ? 'hint' : 'hint note' }, note)));
  }

  /** In a large body not with every letter. */
  searchSoon() {
    clearTimeout(this.timer);
    if (this.view?.model.count > 5000) this.timer = setTimeout(() => this.search(), 150);
    else this.search();
  }

  search() {
    if (!this.view) return;
    this.searched = this.query.value;
    const found = this.view.find(this.query.value);
    this.showTally(found, found ? this.view.findNext(1) : -1);
  }

  step(by) {
    if (this.view) this.showTally(this.view.matches.length, this.view.findNext(by));
  }

  showTally(found, at) {
    const { value } = this.query;
    setText(this.tally, value === '' ? '' : found === 0 ? 'none' : `${count(at + 1)} of ${count(found)}${found >= 10000 ? '+' : ''}`);
  }

  searchKey(event) {
    if (event.key === 'Enter') {
      event.preventDefault();
      if (this.searched === this.query.value) this.step(event.shiftKey ? -1 : 1);
      else this.search();
    } else if (event.key === 'Escape' && this.query.value) {
      event.stopPropagation();
      event.preventDefault();
      this.query.value = '';
      this.search();
    }
  }

  toggleWrap() {
    wraps = !wraps;
    this.view.setWrap(wraps);
    this.wrapButton.setAttribute('aria-pressed', String(wraps));
  }

  copyValue(line) {
    copy(this.view.model.valueOf(line), 'Value copied');
  }

  copy() {
    return orSay(async () => {
      const text = this.view ? this.view.model.toString() : await this.source.loadText();
      await copy(text, 'Body copied');
    });
  }

  download(event) {
    const { source } = this;
    const as = (load) => orSay(async () => save(new Blob([await load()]), source.fileName));
    if (!source.loadSent || source.encodings.length === 0) return as(source.loadBytes);
    return openMenu(event.currentTarget, [
      { text: 'Decoded', icon: 'download', act: () => as(source.loadBytes) },
      { text: `As it was sent (${source.encodings.join(', ')})`, icon: 'download', act: () => as(source.loadSent) },
    ]);
  }
}

const sentence = (text) => `${text[0].toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? '' : '.'}`;
