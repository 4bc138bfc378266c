// Line icons on a grid of 16, drawn in the text's colour.

const paths = {
  copy: 'M5.5 5.5h7v8h-7zM3.5 10.5v-8h7',
  open: 'M9 3h4v4M13 3 7.5 8.5M11.5 9.5v3.5h-8.5v-8.5h3.5',
  replay: 'M3 8a5 5 0 1 1 1.6 3.7M3 12.5V9.5h3',
  edit: 'M3 13l.7-3L10.5 3.2l2.3 2.3L6 12.3zM9 4.7l2.3 2.3',
  close: 'M4 4l8 8M12 4l-8 8',
  search: 'M7 11.5a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9zM10.3 10.3 13.5 13.5',
  pause: 'M5.5 3.5v9M10.5 3.5v9',
  play: 'M5 3.5v9l7-4.5z',
  trash: 'M3 4.5h10M6 4.5v-2h4v2M4.5 4.5l.6 9h5.8l.6-9M7 7v4M9 7v4',
  more: 'M3.5 8h.01M8 8h.01M12.5 8h.01',
  share: 'M8 10V2.5M5 5l3-3 3 3M3.5 8.5v5h9v-5',
  up: 'M4 10l4-4 4 4',
  down: 'M4 6l4 4 4-4',
  back: 'M10 3.5 5.5 8l4.5 4.5',
  sun: 'M8 10.8a2.8 2.8 0 1 0 0-5.6 2.8 2.8 0 0 0 0 5.6zM8 1.5v1.2M8 13.3v1.2M1.5 8h1.2M13.3 8h1.2M3.4 3.4l.85.85M11.75 11.75l.85.85M3.4 12.6l.85-.85M11.75 4.25l.85-.85',
  moon: 'M13 9.5A5.5 5.5 0 0 1 6.5 3a5.5 5.5 0 1 0 6.5 6.5z',
  auto: 'M8 2.5a5.5 5.5 0 1 0 0 11zM8 2.5a5.5 5.5 0 0 1 0 11',
  help: 'M6 6a2 2 0 1 1 2.7 1.9c-.5.2-.7.6-.7 1.1v.3M8 11.7h.01M8 14.2a6.2 6.2 0 1 0 0-12.4 6.2 6.2 0 0 0 0 12.4z',
  list: 'M5.5 4h8M5.5 8h8M5.5 12h8M2.5 4h.01M2.5 8h.01M2.5 12h.01',
  chart: 'M2.5 13.5h11M4 11V8M7 11V4M10 11V6.5M13 11V3',
  rule: 'M3 3.5h10l-4 4.7v4.3l-2-1v-3.3z',
  check: 'M3.5 8.5 6.5 11.5 12.5 4.5',
  warn: 'M8 2.5 14 13H2zM8 6.5v3M8 11.3h.01',
  swap: 'M3 5.5h9M9.5 3 12 5.5 9.5 8M13 10.5H4M6.5 8 4 10.5 6.5 13',
  download: 'M8 2.5V10M5 7.5l3 3 3-3M3.5 13.5h9',
  plus: 'M8 3.5v9M3.5 8h9',
  wrap: 'M2.5 4h11M2.5 8h8.5a2 2 0 0 1 0 4h-3M9.5 10.5 8 12l1.5 1.5M2.5 12h2.5',
  people: 'M6 7.5a2.3 2.3 0 1 0 0-4.6 2.3 2.3 0 0 0 0 4.6zM1.8 13c0-2.3 1.9-3.7 4.2-3.7s4.2 1.4 4.2 3.7M10.5 3.2a2.3 2.3 0 0 1 0 4.2M11.5 9.5c1.6.4 2.7 1.6 2.7 3.5',
  key: 'M5.5 11.5a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM8.3 7.7l5.2-.2M11.5 7.6v2.2',
  pulse: 'M1.5 8.5h3l2-5 3 9 2-4h3',
  leave: 'M9.5 3h-6v10h6M7 8h7M11.5 5.5 14 8l-2.5 2.5',
  inbox: 'M2.5 9.5 4.3 3h7.4l1.8 6.5v3.5h-11zM2.5 9.5h3.3l.7 1.7h3l.7-1.7h3.3',
  hold: 'M8 2.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11zM6.5 6v4M9.5 6v4',
};

/** An icon that says nothing to screen readers. */
export function icon(name) {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('viewBox', '0 0 16 16');
  svg.setAttribute('class', 'icon');
  svg.setAttribute('aria-hidden', 'true');
  const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
  path.setAttribute('d', paths[name]);
  svg.append(path);
  return svg;
}

/** The product's mark. */
export function mark() {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('viewBox', '0 0 32 32');
  svg.setAttribute('class', 'mark');
  svg.setAttribute('aria-hidden', 'true');
  const ground = document.createElementNS('http://www.w3.org/2000/svg', 'rect');
  for (const [name, value] of [['width', 32], ['height', 32], ['rx', 9]]) ground.setAttribute(name, value);
  const arches = document.createElementNS('http://www.w3.org/2000/svg', 'path');
  arches.setAttribute('d', 'M6 22v-1a10 10 0 0 1 20 0v1M12.5 22v-1a3.5 3.5 0 0 1 7 0v1');
  svg.append(ground, arches);
  return svg;
}
