import { el } from '../dom.js';
import { mark } from '../icons.js';

/** The form to sign in with; where nobody could, how to get a token. */
export function signIn({ configured, onsubmit, note = null }) {
  const card = el('section', { class: 'card', 'aria-labelledby': 'sign-in' }, mark(), el('h1', { id: 'sign-in' }, configured ? 'Sign in to the server' : 'Nobody can sign in yet'));
  card.append(...(configured ? form(onsubmit, note) : howTo()));
  return el('div', { class: 'sign-in' }, card);
}

function form(onsubmit, note) {
  const hint = el('p', { class: 'hint bad', role: 'alert', id: 'sign-in-hint' }, note ?? '');
  const token = el('input', { class: 'input mono', type: 'password', id: 'token', name: 'token', autocomplete: 'current-password', required: true, autofocus: true, spellcheck: 'false', 'aria-describedby': 'sign-in-hint' });
  const button = el('button', { class: 'button main', type: 'submit' }, 'Sign in');
  const submit = async (event) => {
    event.preventDefault();
    button.disabled = true;
    hint.textContent = '';
    try {
      await onsubmit(token.value.trim());
    } catch (problem) {
      hint.textContent = problem.message;
      token.select();
      token.focus();
    } finally {
      button.disabled = false;
    }
  };
  return [
    el('form', { onsubmit: submit }, el('div', { class: 'field' }, el('label', { class: 'label', for: 'token' }, 'Admin token'), token), hint, button),
    el('p', { class: 'soft' }, 'It is sent once. The page keeps a cookie that ends after half an hour without use.'),
  ];
}

function howTo() {
  return [
    el('p', {}, 'This server has no admin token, so its page shows nothing. Make one on the server:'),
    el('pre', {}, 'dotnet Ggrok.Server.dll tokens create --name me --admin'),
    el('p', {}, 'It needs a token store (GGROK_TOKENS_STORE). Or add a long secret with its grant to the settings and restart the server:'),
    el('pre', {}, 'GGROK_TOKENS="client-secret, LONG-RANDOM-SECRET admin"'),
  ];
}
