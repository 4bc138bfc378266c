import { el, setText } from '../dom.js';
import { count } from '../format/figures.js';
import { areaPath, linePath } from './scale.js';

const seconds = 60;
const width = 92;
const height = 24;

/** Requests per second over the last minute, small. It leads to the charts. */
export class Sparkline {
  constructor() {
    const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
    svg.setAttribute('viewBox', `0 0 ${width} ${height}`);
    svg.setAttribute('preserveAspectRatio', 'none');
    svg.setAttribute('aria-hidden', 'true');
    this.area = svg.appendChild(document.createElementNS('http://www.w3.org/2000/svg', 'path'));
    this.area.setAttribute('class', 'area');
    this.stroke = svg.appendChild(document.createElementNS('http://www.w3.org/2000/svg', 'path'));
    this.stroke.setAttribute('class', 'stroke');
    this.stroke.setAttribute('vector-effect', 'non-scaling-stroke');
    this.figure = el('b', {}, '0');
    this.node = el('a', { class: 'pulse', href: '#/charts', title: 'Requests per second, last minute' }, svg, el('span', {}, this.figure, el('span', { class: 'word' }, ' req/s')));
  }

  show(points) {
    const values = points.slice(-seconds).map((point) => point.requests);
    while (values.length < seconds) values.unshift(0);
    const top = Math.max(4, ...values);
    const at = (value, index) => [index / (seconds - 1) * width, height - 1 - value / top * (height - 3)];
    const line = values.map(at);
    this.stroke.setAttribute('d', linePath(line));
    this.area.setAttribute('d', areaPath(line, height));
    setText(this.figure, count(values.at(-1)));
  }
}
