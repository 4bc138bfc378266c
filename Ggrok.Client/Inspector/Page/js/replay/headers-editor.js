import { el, put } from '../dom.js';
import { icon } from '../icons.js';
import { parseHeaders } from './header-text.js';

/** Header fields as rows, or as raw text. */
export class HeadersEditor {
  constructor(headers, { onchange = () => {} } = {}) {
    this.headers = headers.map((pair) => [...pair]);
    this.raw = false;
    this.onchange = onchange;
    this.box = el('div', { class: 'header-rows' });
    this.choice = el('div', { class: 'segments', role: 'group', 'aria-label': 'Form of the headers' });
    this.node = el('div', { class: 'field' }, el('div', { class: 'row-of' }, el('span', { class: 'label' }, 'Headers'), this.choice), this.box);
    this.show();
  }

  show() {
    put(this.choice, [[false, 'Rows'], [true, 'Text']].map(([value, word]) => el('button', {
      type: 'button', 'aria-pressed': String(this.raw === value), onclick: () => { this.headers = this.value(); this.raw = value; this.show(); },
    }, word)));
    if (this.raw) this.showText();
    else this.showRows();
  }

  showText() {
    this.text = el('textarea', { class: 'input', spellcheck: 'false', 'aria-label': 'Headers as text', value: this.headers.map(([name, value]) => `${name}: ${value}`).join('\n'), oninput: () => this.onchange() });
    put(this.box, this.text);
  }

  showRows() {
    put(this.box, this.headers.map((pair, index) => this.row(pair, index)),
      el('button', { class: 'button small plain', type: 'button', onclick: () => { this.headers.push(['', '']); this.showRows(); this.box.querySelector('.header-row:last-of-type input')?.focus(); } }, icon('plus'), 'Add a header'));
  }

  row(pair, index) {
    const input = (part, label) => el('input', {
      class: 'input mono', value: pair[part], 'aria-label': `${label} of header ${index + 1}`, placeholder: label, spellcheck: 'false', autocomplete: 'off',
      oninput: (event) => { pair[part] = event.target.value; this.onchange(); },
    });
    return el('div', { class: 'header-row' }, input(0, 'Name'), input(1, 'Value'),
      el('button', { class: 'button plain only small', type: 'button', 'aria-label': `Remove ${pair[0] || 'the header'}`, title: 'Remove', onclick: () => { this.headers.splice(index, 1); this.showRows(); this.onchange(); } }, icon('close')));
  }

  value() {
    return this.raw ? parseHeaders(this.text.value) : this.headers.filter(([name]) => name.trim() !== '').map(([name, value]) => [name.trim(), value.trim()]);
  }
}
