import { el, put } from '../dom.js';
import { bytes, count, dateAndTime, many, relative } from '../format/figures.js';
import { confirmThat, openDialog } from '../shell/dialog.js';
import { orSay, toast } from '../shell/toast.js';
import { Polling } from './polling.js';
import { nothing, Table } from './table.js';

const mostShown = 100;

/** What waits for tunnels: looked at, delivered, dropped. */
export class InboxView {
  constructor(node, app, options) {
    this.app = app;
    this.tunnel = options.get('tunnel');
    this.note = el('p', {});
    this.all = el('div', { class: 'end' });
    this.tunnels = new Table({
      caption: 'Inboxes',
      keyOf: (t) => t.tunnel,
      empty: () => nothing('No tunnel has an inbox. Start one:', `ggrok --server ${location.host} --port 3000 --inbox`),
      columns: [
        { word: 'Tunnel', style: 'name', of: (t) => t.tunnel },
        { word: 'Client', keyOf: (t) => `${t.away} ${t.until && relative(new Date(t.until))}`, of: (t) => (t.away ? ['away', t.until ? el('span', { class: 'sub' }, 'kept until ', when(t.until)) : null] : 'here') },
        { word: 'Waiting', style: 'end', of: (t) => count(t.waiting) },
        { word: 'Dead', style: 'end', keyOf: (t) => `${t.dead}`, of: (t) => (t.dead ? el('span', { class: 'bad' }, count(t.dead)) : '0') },
        { word: 'Bytes', style: 'end', of: (t) => bytes(t.bytes) },
        { word: 'Oldest', keyOf: (t) => `${t.oldest && relative(new Date(t.oldest))}`, of: (t) => (t.oldest ? when(t.oldest) : '\u2013') },
        { word: '', style: 'acts', keyOf: (t) => t.tunnel, of: (t) => el('a', { class: 'button small', href: `#/inbox?tunnel=${encodeURIComponent(t.tunnel)}`, 'aria-label': `Requests of ${t.tunnel}` }, 'Requests') },
      ],
    });
    this.items = new Table({
      caption: 'Requests',
      keyOf: (i) => i.id,
      empty: () => nothing('Nothing waits, and nothing was given up.'),
      columns: [
        { word: 'Request', style: 'name', of: (i) => [`${i.method} ${i.target}`, el('span', { class: 'sub mono' }, i.id)], keyOf: (i) => i.id },
        { word: 'Tunnel', of: (i) => i.tunnel },
        { word: 'From', of: (i) => i.provider ?? i.remote ?? '\u2013' },
        { word: 'Came', keyOf: (i) => relative(new Date(i.received)), of: (i) => when(i.received) },
        { word: 'Bytes', style: 'end', of: (i) => bytes(i.bytes) },
        { word: 'State', keyOf: (i) => `${i.state} ${i.attempts} ${i.lastFailure} ${i.nextAttempt && relative(new Date(i.nextAttempt))}`, of: stateOf },
        { word: '', style: 'acts', keyOf: (i) => i.id, of: (i) => this.actsOf(i) },
      ],
    });
    node.append(
      el('div', { class: 'page-head' }, el('div', {}, el('h1', {}, 'Inbox'), this.note), this.all),
      el('div', { class: 'page-body' }, this.tunnels.node, this.items.node));
    this.polling = new Polling(app, () => this.load(), 3000);
    this.setOptions(options);
  }

  setShown(isShown) {
    this.polling.setShown(isShown);
  }

  setOptions(options) {
    this.tunnel = options.get('tunnel');
    const of = this.tunnel ?? 'all tunnels';
    put(this.all,
      this.tunnel ? el('a', { class: 'button', href: '#/inbox' }, 'All tunnels') : null,
      el('button', { class: 'button', type: 'button', onclick: () => this.deliverDead() }, 'Deliver the dead'),
      el('button', { class: 'button grave', type: 'button', onclick: () => this.dropAll(of) }, 'Drop all'));
    this.polling.again();
  }

  async load() {
    const { tunnels } = await this.app.api.get('inbox/tunnels', null, { background: true });
    this.tunnels.show(tunnels);
    const known = !this.tunnel || tunnels.some((t) => t.tunnel === this.tunnel);
    const { items, next } = known ? await this.app.api.get('inbox/items', this.query({ limit: mostShown }), { background: true }) : { items: [], next: null };
    this.items.show(items);
    put(this.note, `${this.tunnel ? `Of ${this.tunnel}` : 'Of all tunnels'}${next ? `; the first ${mostShown} are shown` : ''}.`);
  }

  query(more) {
    return { ...more, ...(this.tunnel ? { tunnel: this.tunnel } : {}) };
  }

  actsOf(item) {
    return [
      el('button', { class: 'button small', type: 'button', 'aria-label': `Show ${item.id}`, onclick: () => this.look(item) }, 'Show'),
      el('button', { class: 'button small', type: 'button', 'aria-label': `Deliver ${item.id}`, onclick: () => this.deliver(item) }, 'Deliver'),
      el('button', { class: 'button small grave', type: 'button', 'aria-label': `Drop ${item.id}`, onclick: () => this.drop(item) }, 'Drop'),
    ];
  }

  look(item) {
    return orSay(async () => {
      const found = await this.app.api.get(`inbox/items/${item.id}`);
      const head = [`${found.method} ${found.target} HTTP/${found.version}`, ...found.headers.map(([name, value]) => `${name}: ${value}`)].join('\n');
      const close = openDialog({
        title: found.id,
        body: el('div', { class: 'secret' }, el('pre', { class: 'mono', 'aria-label': 'Head' }, head)),
        foot: [
          el('a', { class: 'button', href: this.app.api.url(`inbox/items/${item.id}/body`), download: `${item.id}.bin` }, `Body, ${bytes(found.bytes)}`),
          el('button', { class: 'button main', type: 'button', autofocus: true, onclick: () => close() }, 'Close'),
        ],
      });
    });
  }

  deliver(item) {
    return orSay(async () => {
      await this.app.api.write('POST', `inbox/items/${item.id}/deliver`);
      toast(`${item.id} is due now.`);
      this.polling.again();
    });
  }

  deliverDead() {
    return orSay(async () => {
      const { count: due } = await this.app.api.write('POST', this.app.api.pathOf('inbox/deliver', this.query({ state: 'dead' })));
      toast(`${many(due, 'request')} due now.`);
      this.polling.again();
    });
  }

  drop(item) {
    confirmThat({
      title: 'Drop the request?',
      text: `${item.method} ${item.target} was promised to its sender, and will not be delivered.`,
      word: 'Drop it',
      act: () => orSay(async () => {
        await this.app.api.write('DELETE', `inbox/items/${item.id}`);
        toast(`${item.id} was dropped.`);
        this.polling.again();
      }),
    });
  }

  dropAll(of) {
    confirmThat({
      title: 'Drop everything?',
      text: `What is in the inbox of ${of} was promised to its senders, and will not be delivered.`,
      word: 'Drop all',
      act: () => orSay(async () => {
        const { count: dropped } = await this.app.api.write('DELETE', this.app.api.pathOf('inbox/items', this.query({})));
        toast(`${many(dropped, 'request')} dropped.`);
        this.polling.again();
      }),
    });
  }
}

function when(text) {
  const date = new Date(text);
  return el('time', { datetime: text, title: dateAndTime(date) }, relative(date));
}

function stateOf(item) {
  const attempts = item.attempts ? el('span', { class: 'sub' }, `${many(item.attempts, 'attempt')}: ${item.lastFailure}`) : null;
  return [item.state === 'dead' ? el('span', { class: 'bad' }, 'dead') : item.nextAttempt ? ['again ', when(item.nextAttempt)] : 'waiting', attempts].flat();
}
