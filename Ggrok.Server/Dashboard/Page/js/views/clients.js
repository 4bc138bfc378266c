import { el } from '../dom.js';
import { count, dateAndTime, duration, relative } from '../format/figures.js';
import { endSession } from './end-session.js';
import { Polling } from './polling.js';
import { nothing, Table } from './table.js';

/** Every client that is connected. */
export class ClientsView {
  constructor(node, app) {
    this.app = app;
    this.table = new Table({
      caption: 'Clients',
      keyOf: (session) => session.id,
      empty: () => nothing('No client is connected. Start one:', `ggrok --server ${location.host} --port 3000`),
      columns: [
        { word: 'Client', style: 'name', keyOf: (s) => `${s.client} ${s.id}`, of: (s) => [s.client, el('span', { class: 'sub mono' }, s.connection ? `${s.id}, connection ${s.connection}` : s.id)] },
        { word: 'Address', of: (s) => s.address },
        { word: 'Token', of: (s) => s.token },
        { word: 'Version', of: (s) => s.version },
        { word: 'Since', keyOf: (s) => relative(new Date(s.since)), of: (s) => el('time', { datetime: s.since, title: dateAndTime(new Date(s.since)) }, relative(new Date(s.since))) },
        { word: 'Round trip', style: 'end', of: (s) => (s.roundTripMs === null ? '–' : duration(s.roundTripMs)) },
        { word: 'Streams', style: 'end', of: (s) => count(s.streams) },
        { word: 'Tunnels', wide: true, keyOf: (s) => [...s.tunnels, ...s.connects].join(' '), of: (s) => [...s.tunnels, ...s.connects.map((name) => `connects to ${name}`)].map((text) => el('span', { class: 'sub' }, text)) },
        { word: '', style: 'acts', keyOf: (s) => s.id, of: (s) => el('button', { class: 'button small grave', type: 'button', 'aria-label': `End the session of ${s.client}`, onclick: () => endSession(app, s.id, s.client, () => this.polling.again()) }, 'End') },
      ],
    });
    node.append(
      el('div', { class: 'page-head' }, el('div', {}, el('h1', {}, 'Clients'))),
      el('div', { class: 'page-body' }, this.table.node));
    this.polling = new Polling(app, async () => this.table.show(await app.api.get('sessions', null, { background: true })), 2000);
  }

  setShown(isShown) {
    this.polling.setShown(isShown);
  }
}
