import { el, put, setText, spoken } from '../dom.js';
import { areaPath, bandPath, linePath, ticks } from './scale.js';

const height = 190;
const edge = { left: 52, right: 10, top: 10, bottom: 22 };

/** One chart, drawn as SVG with the theme's colours. A line follows the pointer and the legend shows that moment. */
export class Chart {
  constructor(spec, { onhover }) {
    this.spec = spec;
    this.svg = shape('svg', { class: `chart kind-${spec.kind}`, height, 'aria-hidden': 'true' });
    this.back = this.svg.appendChild(shape('g', { class: 'back' }));
    this.front = this.svg.appendChild(shape('g', {}));
    this.cursor = this.svg.appendChild(shape('line', { class: 'cursor', y1: edge.top, y2: height - edge.bottom, visibility: 'hidden' }));
    this.dots = this.svg.appendChild(shape('g', {}));
    this.values = spec.series.map(() => el('b', {}));
    this.time = el('span', { class: 'soft when' });
    this.legend = el('div', { class: 'legend', 'aria-hidden': 'true' }, spec.series.map(({ name, word }, index) => el('span', { class: 'entry' }, el('i', { class: `c-${name}` }), word, this.values[index])));
    this.text = spoken('');
    this.node = el('figure', { class: 'card chart-card' }, el('figcaption', {}, el('h2', {}, spec.title), this.time, this.text), this.legend, this.svg);
    this.svg.addEventListener('pointermove', (event) => onhover(this.indexAt(event)));
    this.svg.addEventListener('pointerleave', () => onhover(null));
  }

  show(points, { seconds, text, time }) {
    this.points = points;
    this.timeOf = time;
    setText(this.text, text);
    const width = this.svg.clientWidth;
    if (width === 0) return;
    this.width = width;
    this.svg.setAttribute('viewBox', `0 0 ${width} ${height}`);
    const count = points.length ? Math.max(2, Math.round(seconds / points[points.length - 1].seconds)) : 2;
    // The newest is at the right, also while there are fewer than the span holds.
    this.x = (index) => edge.left + (count - points.length + index) / (count - 1) * (width - edge.left - edge.right);
    const rows = this.layers();
    const top = Math.max(1e-9, ...rows.flatMap(({ upper }) => upper.filter((value) => value !== null)));
    const marks = ticks(top === 1e-9 ? 1 : top);
    this.y = (value) => height - edge.bottom - value / marks.at(-1) * (height - edge.top - edge.bottom);
    this.drawBack(marks, seconds);
    put(this.front, rows.map((row) => this.drawRow(row)));
    this.rows = rows;
    this.point(this.hovered ?? null);
  }

  /** The series as rows of values; stacked ones stand on each other. */
  layers() {
    const lower = this.points.map(() => 0);
    return this.spec.series.map(({ name, of }) => {
      const values = this.points.map(of);
      if (this.spec.kind !== 'stack') return { name, values, upper: values };
      const floor = [...lower];
      values.forEach((value, index) => { lower[index] += value ?? 0; });
      return { name, values, upper: [...lower], floor };
    });
  }

  drawBack(marks, seconds) {
    const { format, axis } = this.spec;
    const lines = marks.flatMap((value) => [
      shape('line', { class: 'rule-line', x1: edge.left, x2: this.width - edge.right, y1: this.y(value), y2: this.y(value) }),
      shape('text', { x: edge.left - 8, y: this.y(value) + 4, 'text-anchor': 'end' }, value === 0 ? '0' : (axis ?? format)(value)),
    ]);
    const steps = this.width < 420 ? 2 : 5;
    for (let step = 0; step <= steps; step++) {
      const x = edge.left + step / steps * (this.width - edge.left - edge.right);
      const ago = seconds * (1 - step / steps);
      const anchor = step === 0 ? 'start' : step === steps ? 'end' : 'middle';
      lines.push(shape('text', { x, y: height - 5, 'text-anchor': anchor }, ago === 0 ? 'now' : ago >= 7200 ? `−${Number((ago / 3600).toFixed(1))} h` : ago > 59 ? `−${Number((ago / 60).toFixed(1))} min` : `−${Math.round(ago)} s`));
    }
    put(this.back, lines);
  }

  drawRow({ name, upper, floor }) {
    const place = (values) => values.map((value, index) => (value === null || value === undefined ? null : [this.x(index), this.y(value)]));
    const line = place(upper);
    if (this.spec.kind === 'stack') return shape('path', { class: `band c-${name}`, d: bandPath(line, place(floor)) });
    const stroke = shape('path', { class: `stroke c-${name}`, d: linePath(line) });
    if (this.spec.kind === 'lines') return stroke;
    return [shape('path', { class: `area c-${name}`, d: areaPath(line.filter(Boolean), height - edge.bottom) }), stroke];
  }

  indexAt(event) {
    if (!this.points?.length) return null;
    const { left, width } = this.svg.getBoundingClientRect();
    const x = (event.clientX - left) / width * this.width;
    const step = this.points.length > 1 ? this.x(1) - this.x(0) : 1;
    return Math.max(0, Math.min(this.points.length - 1, Math.round((x - this.x(0)) / step)));
  }

  /** Shows the values of one moment, of the last one with null. */
  point(index) {
    this.hovered = index;
    if (!this.rows) return;
    const at = index === null ? this.points.length - 1 : Math.min(index, this.points.length - 1);
    this.rows.forEach(({ values }, row) => setText(this.values[row], values[at] === null || values[at] === undefined ? '–' : this.spec.format(values[at])));
    setText(this.time, index === null ? '' : this.timeOf(this.points[at]));
    this.cursor.setAttribute('visibility', index === null ? 'hidden' : 'visible');
    put(this.dots);
    if (index === null) return;
    this.cursor.setAttribute('x1', this.x(at));
    this.cursor.setAttribute('x2', this.x(at));
    if (this.spec.kind === 'stack') return;
    for (const { name, upper } of this.rows) {
      if (upper[at] !== null && upper[at] !== undefined) this.dots.append(shape('circle', { class: `dot c-${name}`, cx: this.x(at), cy: this.y(upper[at]), r: 3.5 }));
    }
  }
}

function shape(tag, attributes, text) {
  const node = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  if (text !== undefined) node.textContent = text;
  return node;
}
