import { el, put } from '../dom.js';
import { icon } from '../icons.js';
import { bytes, count, dateAndTime, duration, relative } from '../format/figures.js';
import { copyButton } from '../share/clipboard.js';
import { endSession } from './end-session.js';
import { Polling } from './polling.js';
import { nothing, Table } from './table.js';

const rate = (value) => (value >= 100 ? count(value) : String(Number(value.toFixed(1))));

/** Every tunnel with its figures. */
export class TunnelsView {
  constructor(node, app) {
    this.app = app;
    this.figures = el('dl', { class: 'headline' });
    this.table = new Table({
      caption: 'Tunnels',
      keyOf: (tunnel) => `${tunnel.kind} ${tunnel.name} ${tunnel.sessionId}`,
      empty: () => nothing('No tunnel is open. Start one:', `ggrok --server ${location.host} --port 3000`),
      columns: [
        { word: 'Tunnel', style: 'name', keyOf: (t) => `${t.name} ${t.url} ${t.state} ${t.awayUntil && relative(new Date(t.awayUntil))}`, of: nameOf },
        { word: 'Client', wide: true, keyOf: (t) => `${t.client} ${t.address} ${t.version}`, of: clientOf },
        { word: 'Since', keyOf: (t) => (t.since ? relative(new Date(t.since)) : ''), of: sinceOf },
        { word: 'Requests/s', style: 'end', of: (t) => rate(t.traffic.requestsPerSecond) },
        { word: 'p95', style: 'end', of: (t) => (t.traffic.p95Ms === null ? '–' : duration(t.traffic.p95Ms)) },
        { word: 'Requests', style: 'end', of: (t) => count(t.traffic.requests + t.traffic.rawConnections) },
        { word: 'Failures', style: 'end', keyOf: (t) => t.traffic.errors, of: (t) => el('span', { class: t.traffic.errors ? 'bad' : '' }, count(t.traffic.errors)) },
        { word: 'Sent', style: 'end', of: (t) => bytes(t.traffic.responseBytes) },
        { word: 'Active', style: 'end', of: (t) => count(t.traffic.active) },
        { word: '', style: 'acts', keyOf: (t) => t.sessionId ?? '', of: (t) => this.acts(t) },
      ],
    });
    node.append(
      el('div', { class: 'page-head' }, el('div', {}, el('h1', {}, 'Tunnels'))),
      el('div', { class: 'page-body' }, this.figures, this.table.node));
    this.polling = new Polling(app, () => this.load(), 2000);
  }

  setShown(isShown) {
    this.polling.setShown(isShown);
  }

  async load() {
    const background = { background: true };
    const [tunnels, sessions, stats] = await Promise.all([
      this.app.api.get('tunnels', null, background), this.app.api.get('sessions', null, background), this.app.api.get('stats', { seconds: 1 }, background),
    ]);
    const { totals } = stats;
    const headline = [
      ['Tunnels', count(tunnels.length)], ['Clients', count(sessions.length)], ['Requests/s', rate(totals.requestsPerSecond)],
      ['p50', totals.p50Ms === null ? '–' : duration(totals.p50Ms)], ['p95', totals.p95Ms === null ? '–' : duration(totals.p95Ms)], ['Active', count(totals.active)], ['Failures', count(totals.errors), totals.errors ? 'bad' : ''],
    ];
    put(this.figures, headline.map(([word, value, style]) => el('div', { class: style ?? '' }, el('dt', {}, word), el('dd', {}, value))));
    this.table.show(tunnels);
  }

  acts(tunnel) {
    return el('div', { class: 'line' },
      el('a', { class: 'button small', href: `#/traffic?tunnel=${encodeURIComponent(tunnel.name)}`, 'aria-label': `Traffic of ${tunnel.name}` }, icon('chart'), 'Traffic'),
      tunnel.sessionId ? el('button', { class: 'button small grave', type: 'button', 'aria-label': `End the session of ${tunnel.name}`, onclick: () => endSession(this.app, tunnel.sessionId, tunnel.client, () => this.polling.again()) }, 'End') : null);
  }
}

function nameOf({ name, url, kind, state, awayUntil }) {
  const shown = /^https?:\/\//.test(url ?? '') ? el('a', { href: url, target: '_blank', rel: 'noreferrer noopener' }, name) : name;
  const mark = state === 'away'
    ? el('span', { class: 'pill warn', title: `Its name becomes free ${relative(new Date(awayUntil))}` }, 'away')
    : el('span', { class: 'pill good' }, kind);
  return el('div', { class: 'line' }, mark, el('span', {}, shown), url ? copyButton(url, `Copy the address of ${name}`, 'Address copied') : null);
}

function clientOf({ client, address, version }) {
  return [client, el('span', { class: 'sub' }, [address, version].filter(Boolean).join(' · '))];
}

function sinceOf({ since }) {
  if (!since) return '–';
  const date = new Date(since);
  return el('time', { datetime: since, title: dateAndTime(date) }, relative(date));
}
