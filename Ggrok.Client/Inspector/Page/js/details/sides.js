import { el } from '../dom.js';
import { bytes, many } from '../format/figures.js';
import { findJwts } from '../format/jwt.js';
import { BodyView } from '../body/body-view.js';
import { exchangeSource } from '../body/source.js';
import { copyButton } from '../share/clipboard.js';
import { parseSetCookie } from '../format/set-cookie.js';
import { pairTable, section } from './tables.js';
import { tokenSection } from './tokens.js';

/** The request: head, query, cookies, form, tokens, body. */
export function requestTab(app, { summary, request }) {
  const line = `${request.method} ${request.target} HTTP/${request.version}`;
  const tokens = findIn([...request.headers.map(([, value]) => value), ...request.query.map(([, value]) => value), request.body.text]);
  return {
    node: el('div', { class: 'stack' },
      headSection(line, request.headers),
      request.query.length ? section('Query', pairTable(request.query, 'Query'), { note: many(request.query.length, 'field') }) : null,
      request.cookies.length ? section('Cookies', pairTable(request.cookies, 'Cookies'), { note: many(request.cookies.length, 'cookie') }) : null,
      tokenSection(tokens),
      bodySection(app, summary, 'request', request.body, request.form)),
    update: keeps({ summary, side: request }, (next) => next.request),
  };
}

/** The response: head, cookies, tokens, body, trailers. */
export function responseTab(app, { summary, response }) {
  if (!response) return { node: el('p', { class: 'failed' }, summary.state === 'done' ? 'There was no response.' : 'There is no response yet.') };
  const line = `${response.status} ${response.reason}`.trim();
  const tokens = findIn([...response.headers.map(([, value]) => value), response.body.text]);
  return {
    node: el('div', { class: 'stack' },
      headSection(line, response.headers),
      response.cookies.length ? section('Cookies set', setCookies(response.cookies)) : null,
      tokenSection(tokens),
      bodySection(app, summary, 'response', response.body, null),
      response.trailers.length ? section('Trailers', pairTable(response.trailers, 'Trailers')) : null),
    update: keeps({ summary, side: response }, (next) => next.response),
  };
}

/**
 * While a body is still arriving, the view of what was there is kept, so that nobody loses his place; it is made anew when the head
 * or the beginning of the body comes, and at the end.
 */
function keeps({ summary, side }, sideOf) {
  const key = ({ summary: { state }, side: one }) => JSON.stringify([state === 'done' ? one : null, one?.headers, one?.trailers, one?.body.keptBytes > 0]);
  const known = key({ summary, side });
  return (next) => key({ summary: next.summary, side: sideOf(next) }) === known;
}

const findIn = (texts) => [...new Map(texts.flatMap((text) => findJwts(text)).map((token) => [token.token, token])).values()];

function headSection(line, headers) {
  const text = () => `${line}\n${headers.map(([name, value]) => `${name}: ${value}`).join('\n')}`;
  return section('Head', [
    el('p', { class: 'start-line mono' }, line),
    pairTable(headers, 'Headers'),
  ], { note: many(headers.length, 'header'), end: copyButton(text, 'Copy the head', 'Head copied') });
}

function bodySection(app, summary, side, body, form) {
  const word = side === 'request' ? 'Request body' : 'Response body';
  if (body.bytes === 0 && body.keptBytes === 0) return section('Body', el('p', { class: 'hint' }, summary.state === 'done' ? 'None' : 'None so far'));
  const source = exchangeSource(app, summary.number, side, body);
  source.form = form;
  return section('Body', new BodyView(source, { label: word }).node, { note: [body.type?.split(';')[0], bytes(body.bytes)].filter(Boolean).join(', ') });
}

function setCookies(cookies) {
  return el('ul', { class: 'cookies' }, cookies.map((line) => {
    const { name, value, attributes } = parseSetCookie(line);
    return el('li', {}, el('div', { class: 'pair' }, el('dt', {}, name), el('dd', {}, el('span', { class: 'value' }, value), copyButton(line, `Copy ${name}`, `${name} copied`))),
      el('div', { class: 'tags' }, attributes.map(([key, text]) => el('span', { class: 'pill' }, text ? `${key}: ${text}` : key))));
  }));
}
