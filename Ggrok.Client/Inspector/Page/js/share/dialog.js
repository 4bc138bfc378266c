import { el, put } from '../dom.js';
import { many } from '../format/figures.js';
import { isEmpty, toQuery } from '../model/filter.js';
import { openDialog } from '../shell/dialog.js';
import { orSay } from '../shell/toast.js';
import { copy } from './clipboard.js';
import { joinNumbers } from './numbers.js';

/** The forms in which a request can be copied. */
export const forms = [['curl', 'cURL'], ['powershell', 'PowerShell'], ['csharp', 'C#'], ['fetch', 'fetch']];

/** Copies a request as code. */
export function copyAs(app, number, form, { secrets = false, to = 'public' } = {}) {
  return orSay(async () => {
    const text = await app.api.getText(`exchanges/${number}/export`, { as: form, to, secrets });
    await copy(text, `${forms.find(([name]) => name === form)[1]} copied${secrets ? ', with secrets' : ''}`);
  });
}

/** The dialog to share: one request as code, and a HAR file of one, of some, of what passes a filter, or of all. */
export function openShare(app, { number, numbers, filter }) {
  const secrets = el('input', { type: 'checkbox', role: 'switch' });
  const warning = el('p', { class: 'warning', hidden: true, role: 'alert' },
    'Authorization, Cookie and the other secret fields will be readable for everybody who gets this. Share it only with people whom you would give the password.');
  const code = number ? codePart(app, number, secrets) : null;
  secrets.addEventListener('change', () => {
    warning.hidden = !secrets.checked;
    code?.load();
  });
  const scope = number ? [number] : numbers;
  const close = openDialog({
    title: number ? `Share request ${number}` : `Export ${describe(scope, filter, app)}`,
    wide: Boolean(number),
    body: [
      code?.node,
      el('label', { class: 'switch' }, secrets, 'Include secrets'),
      warning,
    ],
    foot: [
      el('button', { class: 'button', type: 'button', onclick: () => download(app, { scope, filter, secrets: secrets.checked }) }, 'Download HAR'),
      number ? el('button', { class: 'button main', type: 'button', onclick: () => { code.copy(); close(); } }, 'Copy') : null,
    ],
  });
  code?.load();
}

function describe(numbers, filter, app) {
  if (numbers) return many(numbers.length, 'request');
  if (filter && !isEmpty(filter)) return `the ${many(app.rows.matching.length, 'request')} that pass the filter`;
  return 'all requests';
}

function codePart(app, number, secrets) {
  let form = 'curl';
  let to = 'public';
  const text = el('pre', { class: 'code', tabindex: 0, 'aria-label': 'Code' });
  const load = () => orSay(async () => {
    text.textContent = await app.api.getText(`exchanges/${number}/export`, { as: form, to, secrets: secrets.checked });
  });
  const choice = (label, options, get, set) => {
    const box = el('div', { class: 'segments', role: 'group', 'aria-label': label });
    const show = () => put(box, options.map(([value, word]) => el('button', {
      type: 'button', 'aria-pressed': String(get() === value), onclick: () => { set(value); show(); load(); },
    }, word)));
    show();
    return box;
  };
  return {
    load,
    copy: () => copy(text.textContent, 'Copied'),
    node: el('div', { class: 'stack' },
      el('div', { class: 'row-of' },
        choice('Form', forms, () => form, (value) => { form = value; }),
        choice('Address', [['public', 'Public address'], ['local', 'Local service']], () => to, (value) => { to = value; })),
      text),
  };
}

function download(app, { scope, filter, secrets }) {
  return orSay(async () => {
    const query = scope ? new URLSearchParams({ numbers: joinNumbers(scope) }) : toQuery(filter ?? { text: '', methods: [], statuses: [] });
    if (secrets) query.set('secrets', 'true');
    const bytes = await app.api.getBytes('har', query);
    save(new Blob([bytes], { type: 'application/json' }), `ggrok-${new Date().toISOString().slice(0, 19).replaceAll(':', '')}.har`);
  });
}

/** Hands bytes to the browser as a download. */
export function save(blob, name) {
  const url = URL.createObjectURL(blob);
  el('a', { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10000);
}
