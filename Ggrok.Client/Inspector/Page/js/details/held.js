import { el, put } from '../dom.js';
import { icon } from '../icons.js';
import { RequestEditor } from '../replay/request-editor.js';
import { ResponseEditor } from '../replay/response-editor.js';
import { orSay, toast } from '../shell/toast.js';

/** What can be done with a request that a rule holds: let it go on, changed or not, answer it here, break it off. */
export class HeldEditor {
  constructor(app, exchange) {
    this.app = app;
    this.number = exchange.summary.number;
    this.rule = exchange.summary.rule;
    this.editor = new RequestEditor(exchange);
    this.answer = new ResponseEditor();
    this.way = 'request';
    this.choice = el('div', { class: 'segments', role: 'group', 'aria-label': 'What to do' });
    this.box = el('div', { class: 'stack' });
    this.node = el('section', { class: 'card held-card' },
      el('header', {}, el('h3', {}, icon('hold'), 'Held'), el('span', { class: 'soft' }, this.rule ? `by the rule ${this.rule}` : '')),
      el('p', {}, 'The request waits here. The visitor waits too.'),
      this.choice, this.box);
    this.show();
  }

  show() {
    put(this.choice, [['request', 'The request'], ['response', 'Answer here']].map(([value, word]) => el('button', {
      type: 'button', 'aria-pressed': String(this.way === value), onclick: () => { this.way = value; this.show(); },
    }, word)));
    const button = (word, style, act) => el('button', { class: `button ${style}`, type: 'button', onclick: act }, word);
    const abort = button('Break off', 'grave', () => this.release({ action: 'abort' }, 'Broken off'));
    if (this.way === 'request') {
      put(this.box, el('div', { class: 'row-of' },
        button('Continue', 'main', () => this.release({ action: 'continue' }, 'Continued')),
        button('Continue edited', '', () => this.release({ action: 'continue', ...this.editor.changes() }, 'Continued, edited')), abort), this.editor.node);
    } else {
      put(this.box, el('div', { class: 'row-of' },
        button('Send this answer', 'main', () => this.release({ action: 'respond', response: this.answer.value() }, 'Answered')), abort), this.answer.node);
    }
  }

  release(content, word) {
    return orSay(async () => {
      await this.app.api.write('POST', `exchanges/${this.number}/release`, content);
      toast(`${word}.`);
    });
  }
}
