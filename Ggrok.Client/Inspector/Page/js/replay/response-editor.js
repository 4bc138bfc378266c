import { el } from '../dom.js';
import { BodyEditor } from './body-editor.js';
import { HeadersEditor } from './headers-editor.js';

/** A response to be written: status, headers, body. */
export class ResponseEditor {
  constructor(response = { status: 200, headers: [['Content-Type', 'application/json']], body: '' }) {
    this.given = response;
    this.status = el('input', { class: 'input mono', type: 'number', min: 200, max: 599, required: true, value: String(response.status) });
    this.headers = new HeadersEditor(response.headers ?? [], { onchange: () => this.body.check() });
    this.body = new BodyEditor({ text: response.body ?? '', type: () => this.contentType(), rows: 6, placeholder: response.bodyBase64 ? 'Leave it empty to keep the bytes as they are' : '' });
    this.node = el('div', { class: 'stack' },
      el('label', { class: 'field short' }, el('span', { class: 'label' }, 'Status'), this.status), this.headers.node, this.body.node);
  }

  contentType() {
    return this.headers?.value().find(([name]) => name.toLowerCase() === 'content-type')?.[1] ?? '';
  }

  value() {
    const status = Number(this.status.value);
    const keepsBytes = this.given.bodyBase64 && this.body.value === '';
    return { status, headers: this.headers.value(), ...(keepsBytes ? { bodyBase64: this.given.bodyBase64 } : { body: this.body.value }) };
  }
}
