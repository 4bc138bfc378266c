import { el, put, setText, spoken } from '../dom.js';
import { icon, mark } from '../icons.js';
import { bytes, count, dateAndTime, duration, limit, many } from '../format/figures.js';
import { copy, copyButton } from '../share/clipboard.js';
import { tallyText } from '../inbox/describe.js';
import { openMenu } from './menu.js';
import { themeButton } from './theme.js';
import { Sparkline } from '../charts/sparkline.js';

const words = { connecting: 'Connecting', ready: 'Ready', lost: 'Connection lost', draining: 'Server restarts' };

/** The bar at the top: where one is, how the session with the server is, the public addresses. */
export class Header {
  constructor(node, { onhelp }) {
    this.lamp = el('span', { class: 'lamp' });
    this.word = el('span', { class: 'word' });
    this.trip = el('span', { class: 'trip soft' });
    this.state = el('button', { class: 'link-state', type: 'button', 'aria-haspopup': 'dialog', onclick: () => this.openCard() }, this.lamp, this.word, this.trip, spoken('Show the session'));
    this.address = el('div', { class: 'public' });
    this.sparkline = new Sparkline();
    this.kept = el('span', { class: 'kept soft' });
    this.views = [this.view('requests', '#/', 'list', 'Requests'), this.view('charts', '#/charts', 'chart', 'Charts'), this.view('rules', '#/rules', 'rule', 'Rules'), this.view('inbox', '#/inbox', 'inbox', 'Inbox')];
    this.heldTally = el('span', { class: 'tally', hidden: true });
    this.views[0].append(this.heldTally);
    this.inboxTally = el('span', { class: 'tally', hidden: true });
    this.views.at(-1).append(this.inboxTally);
    node.append(
      el('a', { class: 'brand', href: '#/', 'aria-label': 'Ggrok, to the requests' }, mark(), el('span', {}, 'Ggrok')),
      el('nav', { class: 'views', 'aria-label': 'Pages' }, this.views),
      this.state, this.sparkline.node, this.kept, this.address,
      el('div', { class: 'tools' }, themeButton(),
        el('button', { class: 'button plain only', type: 'button', title: 'Keys and help (?)', 'aria-label': 'Keys and help', onclick: onhelp }, icon('help'))));
    setInterval(() => this.showState(), 1000);
  }

  view(name, href, sign, word) {
    return el('a', { href, data: { view: name } }, icon(sign), el('span', {}, word));
  }

  setView(name) {
    for (const link of this.views) {
      if (link.dataset.view === name) link.setAttribute('aria-current', 'page');
      else link.removeAttribute('aria-current');
    }
  }

  setHeld(held) {
    this.heldTally.hidden = held === 0;
    setText(this.heldTally, String(held));
    this.heldTally.title = many(held, 'request is held', 'requests are held');
  }

  setInbox(waiting, dead) {
    this.inboxTally.hidden = waiting + dead === 0;
    this.inboxTally.classList.toggle('bad', dead > 0);
    setText(this.inboxTally, count(waiting + dead));
    this.inboxTally.title = tallyText(waiting, dead);
  }

  setStatus(status) {
    this.status = status;
    setText(this.kept, recorderLine(status.recorder));
    this.showState();
    this.showAddress();
  }

  /** ggrok itself is gone, or there again. */
  setGone(isGone) {
    this.isGone = isGone;
    this.showState();
  }

  showState() {
    const { status } = this;
    if (!status) return;
    const state = this.isGone ? 'lost' : status.state;
    this.lamp.className = `lamp ${state}`;
    let word = this.isGone ? 'ggrok is gone' : words[state] ?? state;
    if (state === 'lost' && !this.isGone && status.retryAt) {
      const seconds = Math.ceil((Date.parse(status.retryAt) - Date.now()) / 1000);
      word += seconds > 0 ? `, next try in ${seconds} s` : ', trying';
    }
    setText(this.word, word);
    setText(this.trip, state === 'ready' && status.roundTripMs !== null ? `${duration(status.roundTripMs)}` : '');
    this.state.title = status.reason && state !== 'ready' ? status.reason : `Session with ${status.server}`;
  }

  showAddress() {
    const urls = this.status.tunnels.filter((tunnel) => tunnel.url);
    const key = JSON.stringify(urls);
    if (key === this.addressKey) return;
    this.addressKey = key;
    this.address.hidden = urls.length === 0;
    if (urls.length === 0) return;
    const [{ url }] = urls;
    const more = urls.length > 1
      ? el('button', { class: 'button plain small more', type: 'button', 'aria-haspopup': 'menu', 'aria-label': `+${urls.length - 1} more public addresses`, onclick: (event) => this.openAddresses(event.currentTarget, urls) }, `+${urls.length - 1}`)
      : null;
    put(this.address, link(url, 'address cut', url.replace(/^https?:\/\//, '').replace(/\/$/, '')), copyButton(url, 'Copy the public address', 'Address copied'), more);
  }

  openAddresses(anchor, urls) {
    openMenu(anchor, urls.flatMap(({ name, url, target }) => [
      el('div', { class: 'label' }, `${name} → ${target}`),
      { text: url, icon: 'copy', act: () => copy(url, 'Address copied') },
    ]));
  }

  openCard() {
    const { status } = this;
    if (!status) return;
    const { recorder } = status;
    const share = Math.max(recorder.kept / recorder.maxExchanges, recorder.bytes / recorder.maxBytes);
    const bar = el('i');
    bar.style.width = `${Math.min(100, share * 100)}%`;
    const fact = (name, value) => (value ? [el('dt', {}, name), el('dd', {}, value)] : []);
    openMenu(this.state, [el('div', { class: 'link-card' },
      el('h2', {}, 'Session'),
      el('dl', {},
        fact('State', this.isGone ? 'ggrok is gone' : words[status.state]), fact('Reason', status.reason), fact('Server', status.server),
        fact('Round trip', status.roundTripMs === null ? null : duration(status.roundTripMs)),
        fact('Connections', status.connectionsWanted ? `${status.connections} of ${status.connectionsWanted}` : null),
        fact('Running since', status.startedAt ? dateAndTime(new Date(status.startedAt)) : null), fact('Version', status.version),
        fact('Kept on disk in', status.recordFolder)),
      el('h2', {}, 'Recorder'),
      el('div', { class: 'meter' }, bar),
      el('p', {}, recorderLine(recorder)),
      el('p', { class: 'soft' }, `${bytes(recorder.bytes)} of ${limit(recorder.maxBytes)}; of each body the first ${limit(recorder.maxBodyBytes)}${recorder.cutBodies ? `, ${many(recorder.cutBodies, 'body was', 'bodies were')} longer` : ''}.`))], 'Session');
  }
}

/** "1,204 of 10,000 kept, 3 gave way". */
export function recorderLine(recorder) {
  const gone = recorder.evicted > 0 ? `, ${count(recorder.evicted)} gave way` : '';
  return `${count(recorder.kept)} of ${count(recorder.maxExchanges)} kept${gone}`;
}

function link(url, style, text) {
  if (!/^https?:\/\//.test(url)) return el('span', { class: style }, url);
  return el('a', { class: style, href: url, target: '_blank', rel: 'noreferrer noopener', title: `Open ${url}` }, text);
}
