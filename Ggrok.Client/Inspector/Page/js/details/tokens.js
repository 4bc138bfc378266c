import { el } from '../dom.js';
import { dateAndTime, relative } from '../format/figures.js';
import { parseJson } from '../body/json-lines.js';
import { copyButton } from '../share/clipboard.js';
import { section } from './tables.js';

/** JSON Web Tokens, read. Null when there are none. */
export function tokenSection(tokens) {
  if (tokens.length === 0) return null;
  return section(tokens.length === 1 ? 'Token' : 'Tokens', tokens.map(tokenNode), { note: 'JWT, read but not verified' });
}

function tokenNode({ token, header, payload, algorithm, times }) {
  const pretty = (text) => el('pre', { class: 'code' }, parseJson(text).toString());
  const expired = times.some(({ name, date }) => name === 'exp' && date < new Date());
  return el('div', { class: 'token' },
    el('header', {}, el('code', { class: 'cut' }, token), copyButton(token, 'Copy the token', 'Token copied')),
    el('p', { class: 'tags' }, el('span', { class: 'pill' }, algorithm), el('span', { class: 'pill warn' }, 'Not verified'), expired ? el('span', { class: 'pill bad' }, 'Expired') : null),
    el('div', { class: 'two' },
      el('div', {}, el('h4', {}, 'Header'), pretty(header)),
      el('div', {}, el('h4', {}, 'Payload'), pretty(payload))),
    times.length ? el('ul', { class: 'times' }, times.map(({ word, date }) => el('li', {}, el('span', { class: 'soft' }, word), ` ${dateAndTime(date)} `, el('span', { class: 'soft' }, `(${relative(date)})`)))) : null);
}
