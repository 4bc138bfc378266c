import { el, put } from '../dom.js';
import { bytes, clock, count, duration } from '../format/figures.js';
import { Chart } from './chart.js';
import { condense } from './scale.js';
import { spans, summaryOf } from './summary.js';

const mostPoints = 150;
const perSecond = (value) => (value >= 100 ? count(value) : String(Number(value.toFixed(1))));

/** Round values need no decimals: "50 ms" instead of "50.0 ms". */
const short = (format) => (value) => format(value).replace(/\.0+ /, ' ').replace(/(\.\d*?)0+ /, '$1 ');

const charts = [
  { name: 'requests', title: 'Requests per second', kind: 'area', format: perSecond, series: [{ name: 'requests', word: 'Requests', of: (point) => point.requests / point.seconds }] },
  { name: 'latency', title: 'Latency', kind: 'lines', format: duration, axis: short(duration), series: [{ name: 'p50', word: 'p50', of: (point) => point.p50Ms }, { name: 'p95', word: 'p95', of: (point) => point.p95Ms }, { name: 'p99', word: 'p99', of: (point) => point.p99Ms }] },
  { name: 'status', title: 'Statuses per second', kind: 'stack', format: perSecond, series: [
    { name: 's2xx', word: '2xx', of: (point) => point.status2xx / point.seconds }, { name: 's3xx', word: '3xx', of: (point) => point.status3xx / point.seconds },
    { name: 's4xx', word: '4xx', of: (point) => point.status4xx / point.seconds }, { name: 's5xx', word: '5xx', of: (point) => point.status5xx / point.seconds },
    { name: 'error', word: 'No response', of: (point) => point.errors / point.seconds }, { name: 's1xx', word: '1xx', of: (point) => point.status1xx / point.seconds }] },
  { name: 'bytes', title: 'Bytes per second', kind: 'lines', format: bytes, axis: short(bytes), series: [{ name: 'out', word: 'Responses', of: (point) => point.responseBytes / point.seconds }, { name: 'in', word: 'Requests', of: (point) => point.requestBytes / point.seconds }] },
];

/** The charts of the last minutes. They are drawn only while they can be seen. */
export class ChartsPage {
  constructor(node, app) {
    this.app = app;
    this.minutes = 5;
    this.isShown = false;
    this.span = el('div', { class: 'segments', role: 'group', 'aria-label': 'Time' });
    this.figures = el('dl', { class: 'headline' });
    this.charts = charts.map((spec) => new Chart(spec, { onhover: (index) => this.hover(index) }));
    node.append(
      el('div', { class: 'page-head' }, el('div', {}, el('h1', {}, 'Charts')), el('div', { class: 'end' }, this.span)),
      el('div', { class: 'page-body' }, this.figures, el('div', { class: 'charts' }, this.charts.map((chart) => chart.node))));
    this.showSpan();
    app.stats.watch(() => this.isShown && this.show());
    new ResizeObserver(() => this.isShown && this.show()).observe(node);
  }

  showSpan() {
    put(this.span, spans.map(([minutes, word]) => el('button', {
      type: 'button', 'aria-pressed': String(minutes === this.minutes), onclick: () => { this.minutes = minutes; this.showSpan(); this.show(); },
    }, word)));
  }

  setShown(isShown) {
    this.isShown = isShown;
    if (isShown) this.show();
  }

  show() {
    const points = this.app.stats.points.slice(-this.minutes * 60);
    const groups = condense(points, mostPoints);
    const { headline, texts } = summaryOf(points, this.minutes);
    put(this.figures, headline.map(([word, value, style]) => el('div', { class: style ?? '' }, el('dt', {}, word), el('dd', {}, value))));
    this.charts.forEach((chart) => chart.show(groups, { seconds: this.minutes * 60, text: texts[chart.spec.name], time: (point) => clock(new Date(point.at)) }));
  }

  hover(index) {
    for (const chart of this.charts) chart.point(index);
  }
}
