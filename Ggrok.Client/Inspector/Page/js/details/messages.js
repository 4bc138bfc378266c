import { el, put, setText } from '../dom.js';
import { bytes, duration, many } from '../format/figures.js';
import { BodyView } from '../body/body-view.js';
import { textSource } from '../body/source.js';
import { HexLines } from '../body/hex-lines.js';
import { visible } from '../body/text-lines.js';

const pollMs = 1000;
const perPage = 300;
const previewLength = 400;
const protocols = { websocket: 'WebSocket', sse: 'Server-sent events', grpc: 'gRPC' };

/** The messages of a WebSocket, of server-sent events or of gRPC. While the exchange runs they come in as they happen. */
export class MessagesTab {
  constructor(app, exchange) {
    this.app = app;
    this.number = exchange.summary.number;
    this.items = [];
    this.shown = 0;
    this.direction = '';
    this.text = '';
    this.isRunning = exchange.summary.state !== 'done';
    this.list = el('ol', { class: 'messages', 'aria-label': 'Messages' });
    this.summary = el('p', { class: 'soft', role: 'status' }, 'Loading…');
    this.more = el('button', { class: 'button', type: 'button', hidden: true, onclick: () => this.showMore() }, 'Show more');
    this.node = el('div', { class: 'stack messages-tab' }, this.tools(), this.list, this.more);
    this.load();
  }

  tools() {
    const directions = [['', 'Both'], ['in', '→ Service'], ['out', '← Service']];
    const box = el('div', { class: 'segments', role: 'group', 'aria-label': 'Direction' });
    const show = () => put(box, directions.map(([value, word]) => el('button', {
      type: 'button', 'aria-pressed': String(value === this.direction), onclick: () => { this.direction = value; show(); this.rebuild(); },
    }, word)));
    show();
    const find = el('input', { class: 'input', type: 'search', placeholder: 'Search', 'aria-label': 'Search in the messages', oninput: () => { this.text = find.value.toLowerCase(); this.rebuild(); } });
    return el('div', { class: 'body-tools' }, box, el('div', { class: 'finder' }, find), el('div', { class: 'end' }, this.summary));
  }

  async load() {
    clearTimeout(this.timer);
    if (this.left) return;
    try {
      const { protocol, truncated, items } = await this.app.api.get(`exchanges/${this.number}/messages`);
      if (this.left) return;
      const known = this.items.length;
      this.items = items;
      setText(this.summary, [protocols[protocol] ?? protocol, many(items.length, 'message'), truncated ? 'later ones were not kept' : '', this.isRunning ? 'live' : ''].filter(Boolean).join(' · '));
      if (items.length < known) this.rebuild();
      else this.append(known);
    } catch (problem) {
      setText(this.summary, problem.message);
    }
    if (this.isRunning && !this.left) this.timer = setTimeout(() => this.load(), pollMs);
  }

  /** The exchange went on, or ended. */
  update(exchange) {
    const wasRunning = this.isRunning;
    this.isRunning = exchange.summary.state !== 'done';
    if (wasRunning && !this.isRunning) this.load();
    return true;
  }

  passes(item) {
    return (this.direction === '' || item.direction === this.direction) && (this.text === '' || (item.text ?? '').toLowerCase().includes(this.text) || item.kind.includes(this.text));
  }

  rebuild() {
    this.list.replaceChildren();
    this.shown = 0;
    this.append(0);
  }

  append(from) {
    const scroller = this.node.closest('.scroll');
    const isAtEnd = scroller && scroller.scrollTop > 0 && scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < 40;
    this.waiting = from === 0 ? this.items.filter((item) => this.passes(item)) : [...(this.waiting ?? []), ...this.items.slice(from).filter((item) => this.passes(item))];
    const room = from > 0 && isAtEnd ? Infinity : Math.max(0, perPage - this.shown);
    this.showSome(room);
    if (isAtEnd) scroller.scrollTop = scroller.scrollHeight;
  }

  showMore() {
    this.showSome(perPage);
  }

  showSome(most) {
    const some = this.waiting.splice(0, most);
    this.list.append(...some.map((item) => messageNode(item, this.number)));
    this.shown += some.length;
    this.more.hidden = this.waiting.length === 0;
    setText(this.more, `Show ${many(Math.min(perPage, this.waiting.length), 'more', 'more')}`);
  }

  leave() {
    this.left = true;
    clearTimeout(this.timer);
  }
}

function messageNode(item, number) {
  const isIn = item.direction === 'in';
  const body = el('div', { class: 'message-body' });
  const node = el('details', { class: `message ${item.direction}` },
    el('summary', {},
      el('span', { class: 'way', title: isIn ? 'Towards the local service' : 'From the local service' }, isIn ? '→' : '←', el('span', { class: 'spoken' }, isIn ? 'to the service' : 'from the service')),
      el('span', { class: 'at' }, `+${duration(item.atMs)}`),
      el('span', { class: 'pill' }, item.kind),
      el('span', { class: 'preview mono cut' }, preview(item)),
      item.text !== null && item.note ? el('span', { class: 'soft about cut', title: item.note }, item.note) : null,
      el('span', { class: 'soft size' }, bytes(item.bytes))),
    body);
  node.addEventListener('toggle', () => {
    if (node.open && !body.firstChild) body.append(...content(item, number));
  });
  return el('li', {}, node);
}

function preview({ text, base64, note }) {
  if (text !== null) return visible(text.slice(0, previewLength).replace(/\s+/g, ' '));
  return note ?? new HexLines(fromBase64((base64 ?? '').slice(0, 64))).toString().split('\n')[0].replace(/^\S+\s+/, '');
}

function content({ text, base64, note }, number) {
  const parts = note ? [el('p', { class: 'hint note' }, note)] : [];
  if (text !== null) parts.push(new BodyView(textSource(text, 'text/plain', `message-${number}.txt`), { label: 'Message', simpleBelow: 16 }).node);
  else if (base64) parts.push(new BodyView(bytesSource(fromBase64(base64), number), { label: 'Message', simpleBelow: 16 }).node);
  return parts;
}

function bytesSource(data, number) {
  const { length } = data;
  return {
    type: 'application/octet-stream', text: null, bytes: length, keptBytes: length, decodedBytes: length, truncated: false, encodings: [], note: null, form: null,
    fileName: `message-${number}.bin`, loadBytes: async () => data, loadText: async () => new TextDecoder().decode(data),
  };
}

const fromBase64 = (text) => Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
