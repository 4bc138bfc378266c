import { el, put, setText } from '../dom.js';
import { icon } from '../icons.js';
import { bytes, clock, count, duration, many } from '../format/figures.js';

const mostKept = 500;

/** Exchanges as they end. The server is asked for them only while this is shown. */
export class LiveView {
  constructor(node, app) {
    this.app = app;
    this.entries = [];
    this.missed = 0;
    this.isPaused = false;
    this.find = el('input', { class: 'input', type: 'search', placeholder: 'Filter by host, path, error', 'aria-label': 'Filter', oninput: () => this.draw() });
    this.pause = el('button', { class: 'button', type: 'button', onclick: () => this.toggle() });
    this.note = el('p', { class: 'soft', role: 'status' });
    this.list = el('div', { class: 'panel tail', role: 'list', 'aria-label': 'Exchanges, the newest first' });
    node.append(
      el('div', { class: 'page-head' }, el('div', {}, el('h1', {}, 'Live'), this.note), el('div', { class: 'end live-tools' }, this.find, this.pause)),
      el('div', { class: 'page-body' }, this.list));
    this.showPause();
    this.draw();
  }

  setShown(isShown) {
    this.source?.close();
    this.source = null;
    if (isShown) this.open();
  }

  open() {
    const source = new EventSource(this.app.api.url('tail'));
    this.source = source;
    source.addEventListener('exchanges', (event) => this.put(JSON.parse(event.data)));
    source.addEventListener('missed', (event) => { this.missed += JSON.parse(event.data).count; this.sayCount(); });
    source.addEventListener('open', () => this.app.setTrouble(null));
    source.addEventListener('error', () => {
      // Closed for good when the server refused: whether somebody is signed in is asked then.
      if (source.readyState === EventSource.CLOSED) setTimeout(() => this.source === source && this.again(), 2000);
      else this.app.setTrouble('The server does not answer.');
    });
  }

  async again() {
    try {
      await this.app.api.get('stats', { seconds: 1 }, { background: true });
      if (this.source) this.setShown(true);
    } catch (problem) {
      if (this.app.session) this.app.setTrouble(problem.message);
      setTimeout(() => this.source && this.again(), 3000);
    }
  }

  put(batch) {
    this.entries.push(...batch);
    this.entries.splice(0, this.entries.length - mostKept);
    if (this.isPaused) this.sayCount();
    else this.draw();
  }

  toggle() {
    this.isPaused = !this.isPaused;
    this.showPause();
    this.draw();
  }

  showPause() {
    put(this.pause, icon(this.isPaused ? 'play' : 'pause'), this.isPaused ? 'Go on' : 'Pause');
  }

  draw() {
    const wanted = this.find.value.trim().toLowerCase();
    const shown = this.entries.filter(({ host, path, method, status, error, tunnel }) => !wanted || `${method} ${host}${path} ${status} ${error ?? ''} ${tunnel}`.toLowerCase().includes(wanted));
    this.sayCount();
    put(this.list, shown.length
      ? shown.reverse().map(line)
      : el('div', { class: 'nothing' }, el('p', {}, this.entries.length ? 'Nothing fits the filter.' : 'Exchanges appear here when they end.')));
  }

  sayCount() {
    setText(this.note, `${many(this.entries.length, 'exchange')}${this.isPaused ? ', paused' : ''}${this.missed ? `, ${count(this.missed)} went by too fast` : ''}`);
  }
}

function line({ time, host, method, path, status, milliseconds, responseBytes, error, requestId, tunnel }) {
  const style = error && status === 0 ? 'error' : `s${Math.floor(status / 100)}xx`;
  return el('div', { class: 'entry', role: 'listitem', title: `${requestId} · ${tunnel} · ${bytes(responseBytes)}` },
    el('time', { datetime: time }, clock(new Date(time))),
    el('span', { class: `pill ${style}` }, status ? String(status) : '–'),
    el('span', { class: 'method cut' }, method),
    el('span', { class: 'path' }, path, error ? el('span', { class: 'why' }, ` ${error}`) : null),
    el('span', { class: 'host' }, host),
    el('span', { class: 'took' }, duration(milliseconds)));
}
