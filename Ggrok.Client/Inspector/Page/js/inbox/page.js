import { el, put } from '../dom.js';
import { icon } from '../icons.js';
import { bytes, dateAndTime, many, relative } from '../format/figures.js';
import { confirmThat } from '../shell/dialog.js';
import { orSay, toast } from '../shell/toast.js';
import { failureText, inboxText, providerName } from './describe.js';
import { openStored } from './stored.js';

const lookMs = 2000;
const glanceMs = 30000;
const states = [['all', 'All'], ['waiting', 'Waiting'], ['dead', 'Dead']];

/** What waits at the server. It is asked only while somebody looks: often here, seldom elsewhere in the page, never in a hidden one. */
export class InboxPage {
  constructor(node, app) {
    this.app = app;
    this.view = null;
    this.isShown = false;
    this.state = 'all';
    this.choice = el('div', { class: 'segments', role: 'group', 'aria-label': 'State' });
    this.acts = el('div', { class: 'end' });
    this.box = el('div', { class: 'inboxes' });
    node.append(
      el('div', { class: 'page-head' },
        el('div', {}, el('h1', {}, 'Inbox'), el('p', {}, 'Webhooks that the server keeps until this client and its service are there. The oldest is delivered first.')),
        this.acts),
      el('div', { class: 'page-body' }, this.box));
    document.addEventListener('visibilitychange', () => this.look());
  }

  setShown(isShown) {
    this.isShown = isShown;
    if (isShown) this.look();
  }

  async look() {
    clearTimeout(this.timer);
    if (document.hidden || this.isLooking || this.app.header.isGone) return;
    this.isLooking = true;
    const view = await this.app.api.get('inbox').catch(() => null);
    this.isLooking = false;
    if (view) this.take(view);
    if (this.isShown || this.view?.inboxes.length) this.timer = setTimeout(() => this.look(), this.isShown ? lookMs : glanceMs);
  }

  take(view) {
    this.view = view;
    const sum = (name) => view.inboxes.reduce((all, inbox) => all + inbox[name], 0);
    this.app.header.setInbox(sum('waiting'), sum('dead'));
    this.show();
  }

  show() {
    const { view } = this;
    const key = JSON.stringify([view, this.state]);
    if (key === this.key) return;
    this.key = key;
    // It is looked at again and again: who walks through it by keyboard must stay where he is.
    const focused = this.box.contains(document.activeElement) || this.acts.contains(document.activeElement) ? document.activeElement.dataset.key : null;
    this.showActs();
    put(this.box, view.problem ? this.problem(view.problem) : view.inboxes.length === 0 ? this.none() : view.inboxes.map((inbox) => this.inbox(inbox)),
      view.more ? el('p', { class: 'hint' }, `These are the first ${many(view.items.length, 'webhook')}; ggrok inbox list shows all.`) : null);
    if (focused) document.querySelector(`#view-inbox [data-key="${CSS.escape(focused)}"]`)?.focus();
  }

  showActs() {
    const { items } = this.view;
    put(this.choice, states.map(([value, word]) => el('button', {
      type: 'button', 'aria-pressed': String(value === this.state), data: { key: `state ${value}` }, onclick: () => { this.state = value; this.show(); },
    }, word)));
    put(this.acts, items.length ? [
      this.choice,
      el('button', { class: 'button', type: 'button', data: { key: 'deliver all' }, onclick: () => this.deliverAll() }, icon('play'), this.state === 'dead' ? 'Deliver the dead' : 'Deliver all'),
      el('button', { class: 'button grave', type: 'button', data: { key: 'drop all' }, onclick: () => this.dropAll() }, icon('trash'), this.state === 'dead' ? 'Drop the dead' : 'Drop all')] : null);
  }

  problem(text) {
    return el('div', { class: 'no-rules' }, el('h2', {}, 'The server could not be asked'), el('p', { class: 'soft' }, text));
  }

  none() {
    return el('div', { class: 'no-rules' }, el('h2', {}, 'No tunnel of this client has an inbox'),
      el('p', { class: 'soft' }, 'With one, the server takes webhooks while this machine is away or the service is down, and delivers them later. Start it with ', el('code', {}, 'ggrok 3000 --inbox'), ', or for some paths with ', el('code', {}, "--inbox '/webhooks/*'"), '.'));
  }

  inbox(inbox) {
    const items = this.view.items.filter((item) => item.tunnel === inbox.tunnel && (this.state === 'all' || item.state === this.state));
    return el('section', { class: 'inbox', 'aria-label': inbox.tunnel },
      el('header', {}, el('h2', {}, inbox.tunnel), el('p', { class: 'soft' }, inboxText(inbox))),
      items.length ? el('ol', {}, items.map((item) => this.card(item))) : el('p', { class: 'hint' }, inbox.waiting + inbox.dead ? 'Nothing in this state.' : 'Nothing waits.'));
  }

  card(item) {
    const name = `${item.method} ${item.target}`;
    const received = new Date(item.received);
    const failure = failureText(item);
    const button = (sign, word, act, style = '') => el('button', {
      class: `button plain only ${style}`, type: 'button', title: word, 'aria-label': `${word} ${name}`, onclick: act, data: { key: `${word} ${item.id}` },
    }, icon(sign));
    return el('li', { class: `stored ${item.state}` },
      el('span', { class: item.state === 'dead' ? 'pill bad' : 'pill warn' }, item.state),
      el('div', { class: 'about' },
        el('h3', {}, el('button', { class: 'linkish', type: 'button', title: name, data: { key: `open ${item.id}` }, onclick: () => openStored(this, item) }, el('b', {}, item.method), ' ', el('span', { class: 'mono' }, item.target))),
        el('p', { class: 'soft' }, el('span', { title: relative(received) }, dateAndTime(received)), ` · ${bytes(item.bytes)}`,
          item.provider ? ` · ${providerName(item.provider)}` : null, item.remote ? ` · from ${item.remote}` : null),
        failure ? el('p', { class: item.state === 'dead' ? 'hint bad' : 'hint' }, failure) : null),
      el('div', { class: 'acts' }, button('play', 'Deliver', () => this.deliver(item)), button('trash', 'Drop', () => this.drop(item), 'grave')));
  }

  deliver(item) {
    return this.act(() => this.app.api.write('POST', `inbox/items/${item.id}/deliver`), () => `${item.method} ${item.target} is due now.`);
  }

  drop(item) {
    confirmThat({
      title: 'Drop this webhook?', text: `${item.method} ${item.target} is lost then: nobody delivers it any more.`, word: 'Drop',
      act: () => this.act(() => this.app.api.write('DELETE', `inbox/items/${item.id}`), () => 'Dropped.'),
    });
  }

  deliverAll() {
    return this.act(() => this.app.api.write('POST', `inbox/deliver?state=${this.state}`), ({ count }) => `${many(count, 'webhook is', 'webhooks are')} due now.`);
  }

  dropAll() {
    const items = this.view.inboxes.reduce((all, inbox) => all + (this.state === 'dead' ? 0 : inbox.waiting) + (this.state === 'waiting' ? 0 : inbox.dead), 0);
    confirmThat({
      title: `Drop ${many(items, 'webhook')}?`, text: 'They are lost then: nobody delivers them any more. To keep them as files first: ggrok inbox pull', word: 'Drop',
      act: () => this.act(() => this.app.api.write('DELETE', `inbox/items?state=${this.state}`), ({ count }) => `${many(count, 'webhook is', 'webhooks are')} dropped.`),
    });
  }

  act(ask, word) {
    return orSay(async () => {
      const answer = await ask();
      toast(word(answer));
      await this.look();
      return true;
    });
  }
}
