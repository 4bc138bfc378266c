import { el } from '../dom.js';
import { icon } from '../icons.js';
import { bytes, dateAndTime, duration, exactClock, relative } from '../format/figures.js';
import { copyButton } from '../share/clipboard.js';
import { HeldEditor } from './held.js';
import { phasesOf } from './phases.js';
import { factGrid, section, valueNode } from './tables.js';

const verdicts = {
  valid: ['good', 'Signature valid'], invalid: ['bad', 'Signature invalid'], stale: ['warn', 'Signature too old'], missing: ['warn', 'Signature missing'],
  noSecret: ['', 'Signature not checked: no secret is configured'], unverifiable: ['', 'Signature cannot be checked'],
};
const sources = { visitor: null, replay: 'Replay', import: 'Imported' };

/** The first tab: what it was, how long each phase took, what is special about it. */
export function overview(app, exchange) {
  const held = exchange.summary.state === 'held' ? new HeldEditor(app, exchange) : null;
  const node = el('div', { class: 'stack' },
    held?.node,
    failure(exchange),
    webhook(exchange.webhook),
    delivery(exchange.summary.delivery),
    section('Timing', waterfall(exchange), { end: el('span', { class: 'soft' }, duration(exchange.summary.durationMs)) }),
    section('Facts', facts(app, exchange)));
  // What somebody is typing must not be made anew.
  return { node, update: (next) => held !== null && next.summary.state === 'held' };
}

function failure({ summary, failure: known }) {
  if (!summary.error) return null;
  return el('section', { class: 'card bad', role: 'note' },
    el('h3', {}, known?.title ?? summary.error),
    known?.advice ? el('p', {}, known.advice) : null,
    el('p', { class: 'soft' }, el('code', {}, summary.error), ' in docs/errors.md'));
}

function webhook(hook) {
  if (!hook) return null;
  const [style, words] = verdicts[hook.signature] ?? ['', hook.signature];
  return el('section', { class: 'card hook' },
    el('header', {}, el('h3', {}, `${hook.provider} webhook`), el('span', { class: `pill ${style}` }, words)),
    factGrid([['Event', hook.event ? el('code', {}, hook.event) : null], ['Delivery', hook.deliveryId ? el('code', {}, hook.deliveryId) : null]]),
    hook.reason ? el('p', { class: 'soft' }, hook.reason) : null);
}

function delivery(stored) {
  if (!stored) return null;
  const at = stored.received ? new Date(stored.received) : null;
  return el('section', { class: 'card', role: 'note' },
    el('header', {}, el('h3', {}, icon('inbox'), 'Out of the inbox'), stored.attempt ? el('span', { class: `pill ${stored.attempt > 1 ? 'warn' : ''}` }, `Attempt ${stored.attempt}`) : null),
    factGrid([
      ['Received', at ? el('span', { title: at.toISOString() }, `${dateAndTime(at)}${exactClock(at).slice(8)} (${relative(at)})`) : null],
      ['Delivery id', el('span', { class: 'with-copy' }, el('code', {}, stored.id), copyButton(stored.id, 'Copy the delivery id', 'Delivery id copied'))]]));
}

function waterfall(exchange) {
  const { phases, total, usedKeptConnection } = phasesOf(exchange);
  if (total <= 0 || phases.length === 0) return el('p', { class: 'hint' }, exchange.summary.source === 'import' ? 'The file told no times.' : 'Nothing is measured yet.');
  const place = (bar, { from, to }) => {
    bar.style.left = `${from / total * 100}%`;
    bar.style.width = `max(2px, ${(to - from) / total * 100}%)`;
    return bar;
  };
  return el('div', { class: 'waterfall' },
    el('div', { class: 'strip', 'aria-hidden': 'true' }, phases.map((phase) => place(el('i', { class: `p-${phase.name}` }), phase))),
    el('ol', {}, phases.map((phase) => el('li', {},
      el('span', { class: 'name' }, el('i', { class: `dot p-${phase.name}`, 'aria-hidden': 'true' }), phase.word),
      el('span', { class: 'track', 'aria-hidden': 'true' }, place(el('i', { class: `p-${phase.name}` }), phase)),
      el('span', { class: 'took' }, `${phase.about ? '≈ ' : ''}${duration(phase.to - phase.from)}`)))),
    usedKeptConnection ? el('p', { class: 'hint' }, 'A connection that was open already served it.') : null);
}

function facts(app, { summary, request, response, otherTarget, timings }) {
  const at = new Date(summary.startedAt);
  const kept = (body) => (body.bytes === 0 ? 'none' : `${bytes(body.bytes)}${body.encodings.length ? ` (${bytes(body.decodedBytes)} decoded)` : ''}`);
  const jump = (number) => el('a', { href: `#/exchanges/${number}` }, `#${number}`);
  return factGrid([
    ['Arrived', el('span', { title: at.toISOString() }, `${dateAndTime(at)}${exactClock(at).slice(8)} (${relative(at)})`)],
    ['Address', valueNode(`${request.scheme}://${request.host}${request.target}`)],
    ['Tunnel', summary.tunnel], ['Visitor', request.remote], ['HTTP', `HTTP/${request.version}`],
    ['Request body', kept(request.body)], ['Response body', response ? kept(response.body) : null],
    ['Connection', timings.connectBeganMs === null ? null : 'new'],
    ['Came as', sources[summary.source]], ['Replay of', summary.replayOf ? jump(summary.replayOf) : null],
    ['Sent to', otherTarget], ['Rule', summary.rule ? el('a', { href: '#/rules' }, summary.rule) : null],
    ['Changed', summary.edited ? 'edited before it was sent' : null],
    ['Request id', el('span', { class: 'with-copy' }, el('code', {}, summary.id), copyButton(summary.id, 'Copy the request id', 'Request id copied'))],
  ]);
}
