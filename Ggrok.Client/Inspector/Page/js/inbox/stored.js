import { el } from '../dom.js';
import { bytes, dateAndTime, exactClock, many, relative } from '../format/figures.js';
import { BodyView } from '../body/body-view.js';
import { storedSource } from '../body/source.js';
import { factGrid, pairTable, section } from '../details/tables.js';
import { copyButton } from '../share/clipboard.js';
import { openDialog } from '../shell/dialog.js';
import { orSay } from '../shell/toast.js';
import { failureText, providerName } from './describe.js';

/** A stored request with everything, in a dialog. */
export function openStored(page, item) {
  return orSay(async () => {
    const stored = await page.app.api.get(`inbox/items/${item.id}`);
    const { summary, body } = stored;
    const act = (word, style, run) => el('button', { class: `button ${style}`, type: 'button', onclick: () => { close(); run(); } }, word);
    const close = openDialog({
      title: `${summary.method} ${summary.target}`, wide: true,
      body: el('div', { class: 'stack' },
        facts(summary),
        section('Head', pairTable(stored.headers, 'Head'), { note: many(stored.headers.length, 'field') }),
        bodyOf(page.app, summary, body)),
      foot: [act('Drop', 'grave', () => page.drop(summary)), act('Deliver now', 'main', () => page.deliver(summary))],
    });
  });
}

function facts(item) {
  const at = new Date(item.received);
  return factGrid([
    ['State', item.state], ['Received', `${dateAndTime(at)}${exactClock(at).slice(8)} (${relative(at)})`], ['Tunnel', item.tunnel],
    ['Visitor', item.remote], ['Webhook', item.provider ? providerName(item.provider) : null], ["Provider's id", item.providerId],
    ['Delivery', failureText(item)],
    ['Id', el('span', { class: 'with-copy' }, el('code', {}, item.id), copyButton(item.id, 'Copy the id', 'Id copied'))],
  ]);
}

function bodyOf(app, item, body) {
  if (body.bytes === 0) return section('Body', el('p', { class: 'hint' }, 'None'));
  if (body.truncated) return section('Body', el('p', { class: 'hint' }, `It has ${bytes(body.bytes)}, too much to be shown here. `, el('code', {}, `ggrok inbox show ${item.id} --body`)));
  return section('Body', new BodyView(storedSource(app, item.id, body), { label: 'Request body' }).node, { note: bytes(body.bytes) });
}
