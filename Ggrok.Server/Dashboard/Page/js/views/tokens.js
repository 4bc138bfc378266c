import { el } from '../dom.js';
import { icon } from '../icons.js';
import { count, dateAndTime, relative } from '../format/figures.js';
import { copyButton } from '../share/clipboard.js';
import { confirmThat, openDialog } from '../shell/dialog.js';
import { orSay, toast } from '../shell/toast.js';
import { Polling } from './polling.js';
import { nothing, Table } from './table.js';

const sources = { settings: 'GGROK_TOKENS', file: 'GGROK_TOKENS_FILE', store: 'Token store' };

/** Tokens: made, listed, revoked. */
export class TokensView {
  constructor(node, app) {
    this.app = app;
    const { hasStore } = app.session;
    this.table = new Table({
      caption: 'Tokens',
      keyOf: (token) => `${token.source} ${token.name}`,
      empty: () => nothing('There is no token.'),
      columns: [
        { word: 'Token', style: 'name', of: (t) => t.name },
        { word: 'Allows', style: 'grants', wide: true, of: (t) => t.grants || 'everything but administration' },
        { word: 'From', of: (t) => sources[t.source] },
        { word: 'Made', keyOf: (t) => `${t.created && relative(new Date(t.created))}`, of: (t) => (t.created ? when(t.created) : '–') },
        { word: 'Ends', keyOf: (t) => `${t.expires && relative(new Date(t.expires))}`, of: endOf },
        { word: 'Clients', style: 'end', of: (t) => count(t.sessions) },
        { word: '', style: 'acts', keyOf: (t) => t.source, of: (t) => (t.source === 'store' ? el('button', { class: 'button small grave', type: 'button', 'aria-label': `Revoke ${t.name}`, onclick: () => this.revoke(t) }, 'Revoke') : null) },
      ],
    });
    node.append(
      el('div', { class: 'page-head' },
        el('div', {}, el('h1', {}, 'Tokens'), hasStore ? null : el('p', {}, 'To make and revoke tokens here, set GGROK_TOKENS_STORE to the path of a file.')),
        el('div', { class: 'end' }, hasStore ? el('button', { class: 'button main', type: 'button', onclick: () => this.create() }, icon('plus'), 'New token') : null)),
      el('div', { class: 'page-body' }, this.table.node));
    this.polling = new Polling(app, async () => this.table.show(await app.api.get('tokens', null, { background: true })), 5000);
  }

  setShown(isShown) {
    this.polling.setShown(isShown);
  }

  create() {
    const hint = el('p', { class: 'hint bad', role: 'alert' });
    const name = el('input', { class: 'input', id: 'token-name', name: 'name', required: true, autocomplete: 'off', autofocus: true });
    const grants = el('input', { class: 'input mono', id: 'token-grants', name: 'grants', autocomplete: 'off', placeholder: 'hosts=*.dev.my.app kinds=http max-tunnels=5', 'aria-describedby': 'token-grants-hint' });
    const submit = async (event) => {
      event.preventDefault();
      hint.textContent = '';
      try {
        const { token, secret } = await this.app.api.write('POST', 'tokens', { name: name.value.trim(), grants: grants.value.trim() });
        close();
        this.polling.again();
        showSecret(token, secret);
      } catch (problem) {
        hint.textContent = problem.message;
      }
    };
    const form = el('form', { class: 'secret', id: 'new-token', onsubmit: submit },
      el('div', { class: 'field' }, el('label', { class: 'label', for: 'token-name' }, 'Name'), name),
      el('div', { class: 'field' }, el('label', { class: 'label', for: 'token-grants' }, 'Grants'), grants,
        el('p', { class: 'hint', id: 'token-grants-hint' }, 'Words with spaces between; without any, everything but administration.')),
      hint);
    const close = openDialog({
      title: 'New token',
      body: form,
      foot: [el('button', { class: 'button', type: 'button', onclick: () => close() }, 'Cancel'), el('button', { class: 'button main', type: 'submit', form: 'new-token' }, 'Make it')],
    });
  }

  revoke(token) {
    confirmThat({
      title: 'Revoke the token?',
      text: `Nobody gets in with ${token.name} any more, and the sessions that it opened end.`,
      word: 'Revoke it',
      act: () => orSay(async () => {
        await this.app.api.write('DELETE', `tokens/${encodeURIComponent(token.name)}`);
        toast(`${token.name} was revoked.`);
        this.polling.again();
      }),
    });
  }
}

function showSecret(token, secret) {
  const close = openDialog({
    title: `The secret of ${token.name}`,
    body: el('div', { class: 'secret' },
      el('p', {}, 'It is shown this once and kept nowhere. Pass it with --token, or set GGROK_TOKEN where the client runs.'),
      el('code', { 'aria-label': 'Secret' }, secret), el('div', { class: 'row-of' }, copyButton(secret, 'Copy the secret', 'Secret copied'))),
    foot: [el('button', { class: 'button main', type: 'button', autofocus: true, onclick: () => close() }, 'I have it')],
  });
}

function when(text) {
  const date = new Date(text);
  return el('time', { datetime: text, title: dateAndTime(date) }, relative(date));
}

function endOf({ expires, isExpired }) {
  if (!expires) return 'never';
  return isExpired ? el('span', { class: 'bad' }, 'over') : when(expires);
}
