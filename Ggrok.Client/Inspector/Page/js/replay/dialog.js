import { el } from '../dom.js';
import { openDialog } from '../shell/dialog.js';
import { orSay } from '../shell/toast.js';
import { replay } from './replay.js';
import { RequestEditor } from './request-editor.js';

/** The dialog to replay a request, edited, many times, or to another service. */
export function openReplay(app, number, { many = false } = {}) {
  return orSay(async () => {
    const exchange = await app.api.get(`exchanges/${number}`);
    const editor = new RequestEditor(exchange);
    const times = figure({ value: many ? '10' : '1', min: 1, max: 1000 });
    const pause = figure({ value: '0', min: 0, max: 60000 });
    const url = el('input', { class: 'input mono', type: 'url', placeholder: 'http://localhost:4000', spellcheck: 'false', autocomplete: 'off' });
    const field = (word, input, hint) => el('label', { class: 'field' }, el('span', { class: 'label' }, word), input, hint ? el('span', { class: 'hint' }, hint) : null);
    const form = el('form', { class: 'stack', id: 'replay-form' },
      editor.node,
      el('div', { class: 'three' }, field('Times', times), field('Pause, in ms', pause), field('To another service', url, 'Empty: the service of the tunnel')));
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      const content = { ...editor.changes() };
      if (Number(times.value) > 1) content.count = Number(times.value);
      if (content.count && Number(pause.value) > 0) content.pauseMs = Number(pause.value);
      if (url.value.trim()) content.url = url.value.trim();
      close();
      replay(app, number, content);
    });
    const close = openDialog({
      title: `Replay #${number}`, wide: true, body: form,
      foot: [
        el('button', { class: 'button', type: 'button', onclick: () => close() }, 'Cancel'),
        el('button', { class: 'button main', type: 'submit', form: 'replay-form' }, 'Send'),
      ],
    });
    if (many) times.focus();
    else editor.target.focus();
  });
}

const figure = ({ value, min, max }) => el('input', { class: 'input mono', type: 'number', value, min, max, step: 1, required: true });
