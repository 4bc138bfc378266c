import { el, setText } from '../dom.js';
import { icon } from '../icons.js';
import { bytes, clock, duration } from '../format/figures.js';
import { statusClass } from '../model/filter.js';

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS']);
const kinds = { websocket: 'WebSocket', sse: 'SSE', grpc: 'gRPC', upgrade: 'Upgrade' };

/** One row of the list. It is filled again and again with other exchanges. */
export function makeRow() {
  const cell = (name) => el('span', { class: name, role: 'gridcell' });
  const parts = {
    method: cell('method'), status: cell('status'), target: cell('target cut'), marks: cell('marks'), tunnel: cell('tunnel cut'),
    time: cell('time'), duration: cell('duration end'), size: cell('size end'),
  };
  parts.pill = el('span');
  parts.status.append(parts.pill);
  parts.host = el('span', { class: 'host' });
  parts.path = el('span', { class: 'path' });
  parts.query = el('span', { class: 'query' });
  parts.target.append(parts.host, parts.path, parts.query);
  const node = el('div', { class: 'row', role: 'row' },
    parts.method, parts.status, parts.target, parts.marks, parts.tunnel, parts.time, parts.duration, parts.size);
  return { node, parts, exchange: null };
}

/** Shows an exchange in a row; nothing is touched that stays as it was. */
export function fillRow(row, exchange, { severalHosts }) {
  if (row.exchange === exchange && row.severalHosts === severalHosts) return;
  row.exchange = exchange;
  row.severalHosts = severalHosts;
  const { node, parts } = row;
  node.id = `x${exchange.number}`;
  node.classList.toggle('open-state', exchange.state === 'active');
  setText(parts.method, exchange.method);
  parts.method.classList.toggle('writes', !safeMethods.has(exchange.method));
  const { text, style, title } = statusOf(exchange);
  setText(parts.pill, text);
  parts.pill.className = `pill ${style}`;
  parts.pill.title = title;
  const question = exchange.target.indexOf('?');
  setText(parts.host, severalHosts ? exchange.host : '');
  setText(parts.path, question < 0 ? exchange.target : exchange.target.slice(0, question));
  setText(parts.query, question < 0 ? '' : exchange.target.slice(question));
  parts.target.title = exchange.host + exchange.target;
  fillMarks(row, exchange);
  setText(parts.tunnel, exchange.tunnel);
  setText(parts.time, clock(new Date(exchange.startedAt)));
  fillDuration(row, exchange);
  setText(parts.size, sizeOf(exchange));
  node.setAttribute('aria-label', `${exchange.method} ${exchange.target}, ${title}, ${parts.duration.textContent}, ${parts.time.textContent}${exchange.webhook ? `, ${exchange.webhook}` : ''}${exchange.delivery ? `, out of the inbox, ${deliveryWord(exchange.delivery)}` : ''}`);
}

/** Shows how long a running exchange takes by now. */
export function fillDuration({ parts }, exchange, now = Date.now()) {
  const ms = exchange.state === 'done' ? exchange.durationMs : Math.max(exchange.durationMs, now - Date.parse(exchange.startedAt));
  const isCoarse = exchange.state !== 'done' && ms >= 1000 && ms < 60000;
  setText(parts.duration, isCoarse ? `${Math.floor(ms / 1000)} s` : duration(ms));
  parts.duration.classList.toggle('slow', exchange.state === 'done' && exchange.kind === 'http' && ms >= 1000);
}

/** The word, the style and the long form of an exchange's status. */
export function statusOf(exchange) {
  if (exchange.state === 'held') return { text: 'held', style: 'held', title: 'Held by a rule' };
  const isRunning = exchange.state === 'active';
  if (exchange.status > 0) {
    const title = exchange.error ? `${exchange.status}, then ${exchange.error}` : String(exchange.status);
    const style = exchange.error ? 'error' : `s${statusClass(exchange)}`;
    return { text: String(exchange.status), style: isRunning ? `${style} running` : style, title: isRunning ? `${title}, running` : title };
  }
  if (isRunning) return { text: '···', style: 'running', title: 'Running' };
  return { text: 'error', style: 'error', title: exchange.error ?? 'No response' };
}

function sizeOf(exchange) {
  const size = exchange.responseBytes || exchange.requestBytes;
  return size === 0 && exchange.state !== 'done' ? '' : bytes(size);
}

const deliveryWord = ({ attempt }) => (attempt > 1 ? `attempt ${attempt}` : 'inbox');

function fillMarks(row, exchange) {
  const marks = [];
  if (exchange.webhook) marks.push(['webhook', null, exchange.webhook, 'Webhook']);
  if (exchange.delivery) marks.push(['stored', 'inbox', deliveryWord(exchange.delivery), 'Out of the inbox,']);
  if (kinds[exchange.kind]) marks.push(['live', null, kinds[exchange.kind], 'Kind']);
  if (exchange.replayOf) marks.push(['', 'replay', `#${exchange.replayOf}`, 'Replay of']);
  else if (exchange.source === 'replay') marks.push(['', 'replay', 'replay', '']);
  if (exchange.source === 'import') marks.push(['', null, 'imported', '']);
  if (exchange.rule) marks.push(['', 'rule', exchange.rule, 'Rule']);
  if (exchange.edited) marks.push(['', 'edit', 'edited', '']);
  if (exchange.error) marks.push(['', null, exchange.error, 'Error']);
  const key = JSON.stringify(marks);
  if (row.marksKey === key) return;
  row.marksKey = key;
  row.parts.marks.replaceChildren(...marks.map(([style, sign, text, title]) =>
    el('span', { class: `tag ${style}`, title: title ? `${title} ${text}` : text }, sign ? icon(sign) : null, el('span', { class: 'cut' }, text))));
}
