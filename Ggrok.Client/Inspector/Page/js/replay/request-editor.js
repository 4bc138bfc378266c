import { el } from '../dom.js';
import { bytes } from '../format/figures.js';
import { BodyEditor } from './body-editor.js';
import { HeadersEditor } from './headers-editor.js';

// The client makes these anew.
const framing = new Set(['content-length', 'transfer-encoding']);

/** A request to be changed: method, target, headers, body. */
export class RequestEditor {
  constructor({ request }) {
    this.request = request;
    this.known = request.body.text ?? '';
    this.isBinary = request.body.text === null && request.body.keptBytes > 0;
    this.method = el('input', { class: 'input mono', value: request.method, 'aria-label': 'Method', list: 'methods', spellcheck: 'false', autocomplete: 'off' });
    this.target = el('input', { class: 'input mono', value: request.target, 'aria-label': 'Target', spellcheck: 'false', autocomplete: 'off' });
    this.headers = new HeadersEditor(request.headers.filter(([name]) => !framing.has(name.toLowerCase())), { onchange: () => this.body.check() });
    this.body = new BodyEditor({ text: this.known, type: () => this.contentType(), placeholder: this.isBinary ? 'Leave it empty to send the bytes as they were' : '' });
    this.node = el('div', { class: 'stack' },
      el('div', { class: 'request-line' }, this.method, this.target),
      this.headers.node, this.body.node, this.notes());
  }

  notes() {
    const { body } = this.request;
    return [
      this.isBinary ? el('p', { class: 'hint' }, `The body is ${bytes(body.keptBytes)} that are no text. It is sent as it was unless something is written here.`) : null,
      body.truncated ? el('p', { class: 'hint bad' }, `Only the first ${bytes(body.keptBytes)} of ${bytes(body.bytes)} of the body were kept.`) : null,
      body.encodings.length ? el('p', { class: 'hint' }, `The body is shown decoded. If it is changed it is sent without Content-Encoding (${body.encodings.join(', ')}).`) : null,
    ];
  }

  contentType() {
    return this.headers?.value().find(([name]) => name.toLowerCase() === 'content-type')?.[1] ?? '';
  }

  /** What differs from the request as it was: the fields of a replay or a release. */
  changes() {
    const { request } = this;
    const changes = {};
    const method = this.method.value.trim();
    const target = this.target.value.trim();
    let headers = this.headers.value();
    if (method && method !== request.method) changes.method = method;
    if (target && target !== request.target) changes.target = target;
    if (this.body.value !== this.known) {
      changes.body = this.body.value;
      headers = headers.filter(([name]) => name.toLowerCase() !== 'content-encoding');
    }
    const known = request.headers.filter(([name]) => !framing.has(name.toLowerCase()));
    if (JSON.stringify(headers) !== JSON.stringify(known)) changes.headers = headers;
    return changes;
  }
}
