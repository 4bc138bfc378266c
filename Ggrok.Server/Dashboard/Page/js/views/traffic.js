import { el, put } from '../dom.js';
import { bytes, clock, count, dateAndTime, duration, many } from '../format/figures.js';
import { Chart } from '../charts/chart.js';
import { condense } from '../charts/scale.js';
import { Polling } from './polling.js';

const mostPoints = 150;
const spans = [
  { word: '5 min', query: { seconds: 299 }, seconds: 300, everyMs: 2000 },
  { word: '1 h', query: { minutes: 60 }, seconds: 3600, everyMs: 10000 },
  { word: '24 h', query: { minutes: 1440 }, seconds: 86400, everyMs: 30000 },
];
const perSecond = (value) => (value >= 100 ? count(value) : String(Number(value.toFixed(value < 1 ? 2 : 1))));
const short = (format) => (value) => format(value).replace(/\.0+ /, ' ').replace(/(\.\d*?)0+ /, '$1 ');

const charts = [
  { name: 'requests', title: 'Requests per second', kind: 'area', format: perSecond, series: [{ name: 'requests', word: 'Requests', of: (p) => p.requests / p.seconds }] },
  { name: 'latency', title: 'Latency', kind: 'lines', format: duration, axis: short(duration), series: [{ name: 'p50', word: 'p50', of: (p) => p.p50Ms }, { name: 'p95', word: 'p95', of: (p) => p.p95Ms }, { name: 'p99', word: 'p99', of: (p) => p.p99Ms }] },
  { name: 'status', title: 'Statuses per second', kind: 'stack', format: perSecond, series: [
    { name: 's2xx', word: '2xx', of: (p) => p.status2xx / p.seconds }, { name: 's3xx', word: '3xx', of: (p) => p.status3xx / p.seconds },
    { name: 's4xx', word: '4xx', of: (p) => p.status4xx / p.seconds }, { name: 's5xx', word: '5xx', of: (p) => p.status5xx / p.seconds }] },
  { name: 'bytes', title: 'Bytes per second', kind: 'lines', format: bytes, axis: short(bytes), series: [{ name: 'out', word: 'To visitors', of: (p) => p.responseBytes / p.seconds }, { name: 'in', word: 'From visitors', of: (p) => p.requestBytes / p.seconds }] },
];

const sum = (points, of) => points.reduce((total, point) => total + of(point), 0);

/** Charts of all tunnels together, or of one. */
export class TrafficView {
  constructor(node, app, options) {
    this.app = app;
    this.span = spans[0];
    this.tunnel = options.get('tunnel') ?? '';
    this.chooser = el('select', { class: 'input', id: 'of', onchange: (event) => { location.hash = event.target.value ? `#/traffic?tunnel=${encodeURIComponent(event.target.value)}` : '#/traffic'; } });
    this.segments = el('div', { class: 'segments', role: 'group', 'aria-label': 'Time' });
    this.figures = el('dl', { class: 'headline' });
    this.failures = el('ul', { class: 'failures', 'aria-label': 'Failures by name' });
    this.charts = charts.map((spec) => new Chart(spec, { onhover: (index) => this.charts.forEach((chart) => chart.point(index)) }));
    node.append(
      el('div', { class: 'page-head' }, el('div', {}, el('h1', {}, 'Traffic')), el('div', { class: 'end' },
        el('div', { class: 'chooser' }, el('label', { class: 'label', for: 'of' }, 'Tunnel'), this.chooser), this.segments)),
      el('div', { class: 'page-body' }, this.figures, el('div', { class: 'charts' }, this.charts.map((chart) => chart.node)), this.failures));
    this.polling = new Polling(app, () => this.load(), this.span.everyMs);
    this.showSpans();
    new ResizeObserver(() => this.draw()).observe(node);
  }

  setShown(isShown) {
    this.polling.setShown(isShown);
  }

  setOptions(options) {
    this.tunnel = options.get('tunnel') ?? '';
    this.polling.again();
  }

  showSpans() {
    put(this.segments, spans.map((span) => el('button', { type: 'button', 'aria-pressed': String(span === this.span), onclick: () => this.setSpan(span) }, span.word)));
  }

  setSpan(span) {
    this.span = span;
    this.polling.everyMs = span.everyMs;
    this.showSpans();
    this.polling.again();
  }

  async load() {
    const { span, tunnel } = this;
    const background = { background: true };
    const [tunnels, stats] = await Promise.all([this.app.api.get('tunnels', null, background), this.statsOf(span, tunnel)]);
    if (span !== this.span || tunnel !== this.tunnel) return;
    this.showChoices(tunnels.map(({ name }) => name));
    this.stats = stats;
    this.draw();
  }

  // A tunnel that nobody has visited has no figures yet.
  async statsOf(span, tunnel) {
    try {
      return await this.app.api.get('stats', tunnel ? { ...span.query, tunnel } : span.query, { background: true });
    } catch (problem) {
      if (problem.status !== 404) throw problem;
      return { secondsPerPoint: 1, points: [], totals: null, failures: {} };
    }
  }

  showChoices(names) {
    const all = [...new Set([...names, ...(this.tunnel ? [this.tunnel] : [])])];
    const key = JSON.stringify([all, this.tunnel]);
    if (key === this.choices) return;
    this.choices = key;
    put(this.chooser, el('option', { value: '' }, 'All together'), all.map((name) => el('option', { value: name, selected: name === this.tunnel }, name)));
  }

  draw() {
    if (!this.stats) return;
    const { points, secondsPerPoint, failures } = this.stats;
    const groups = condense(points, mostPoints).map((point) => ({ ...point, seconds: point.seconds * secondsPerPoint }));
    const time = this.span.seconds > 3600 ? dateAndTime : clock;
    const texts = this.texts(points);
    this.charts.forEach((chart) => chart.show(groups, { seconds: this.span.seconds, text: texts[chart.spec.name], time: (point) => time(new Date(point.at)) }));
    put(this.figures, this.headline(points).map(([word, value, style]) => el('div', { class: style ?? '' }, el('dt', {}, word), el('dd', {}, value))));
    put(this.failures, Object.entries(failures).sort((a, b) => b[1] - a[1]).map(([name, times]) => el('li', {}, name, el('b', {}, count(times)))));
  }

  headline(points) {
    const requests = sum(points, (p) => p.requests);
    const errors = sum(points, (p) => p.errors);
    const totals = this.stats.totals;
    const known = (value) => (value === null || value === undefined ? '–' : duration(value));
    return [
      ['Requests', count(requests)], ['Raw connections', count(sum(points, (p) => p.rawConnections))], ['Failures', count(errors), errors ? 'bad' : ''],
      ['p50 now', known(totals?.p50Ms)], ['p95 now', known(totals?.p95Ms)], ['Active', count(totals?.active ?? 0)], ['To visitors', bytes(sum(points, (p) => p.responseBytes))],
    ];
  }

  texts(points) {
    const during = `In the last ${this.span.word}`;
    const requests = sum(points, (p) => p.requests);
    const worst = Math.max(0, ...points.map((p) => p.p99Ms ?? 0));
    return {
      requests: `${during} ${many(requests, 'request')}.`,
      latency: worst === 0 ? `${during} nothing was measured.` : `${during} the highest 99th percentile was ${duration(worst)}.`,
      status: `${during} ${count(sum(points, (p) => p.status2xx))} with 2xx, ${count(sum(points, (p) => p.status3xx))} with 3xx, ${count(sum(points, (p) => p.status4xx))} with 4xx, ${count(sum(points, (p) => p.status5xx))} with 5xx.`,
      bytes: `${during} ${bytes(sum(points, (p) => p.responseBytes))} to visitors and ${bytes(sum(points, (p) => p.requestBytes))} from them.`,
    };
  }
}
