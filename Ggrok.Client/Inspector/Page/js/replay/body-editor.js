import { el, setText } from '../dom.js';
import { parseJson } from '../body/json-lines.js';
import { kindOf } from '../body/kind.js';

/** A body as text, with a word about its JSON. */
export class BodyEditor {
  constructor({ text, type, rows = 8, placeholder = '' }) {
    this.type = type;
    this.text = el('textarea', { class: 'input', spellcheck: 'false', 'aria-label': 'Body', rows, value: text, placeholder, oninput: () => this.check() });
    this.hint = el('span', { class: 'hint', role: 'status' });
    this.format = el('button', { class: 'button small plain', type: 'button', hidden: true, onclick: () => this.pretty() }, 'Format');
    this.node = el('div', { class: 'field' }, el('div', { class: 'row-of' }, el('span', { class: 'label' }, 'Body'), this.hint, this.format), this.text);
    this.check();
  }

  check() {
    const { value } = this.text;
    const isJson = kindOf(this.type()) === 'json' || /^\s*[[{]/.test(value);
    this.format.hidden = true;
    if (!isJson || value.trim() === '') {
      this.say('', '');
      return;
    }
    try {
      parseJson(value);
      this.format.hidden = false;
      this.say('Valid JSON', 'good');
    } catch (problem) {
      this.say(`No valid JSON: ${problem.message}`, 'bad');
    }
  }

  say(text, style) {
    setText(this.hint, text);
    this.hint.className = `hint ${style}`;
  }

  pretty() {
    this.text.value = parseJson(this.text.value).toString();
    this.check();
  }

  get value() {
    return this.text.value;
  }
}
