import { el, put, setText } from '../dom.js';
import { icon } from '../icons.js';
import { statusOf } from '../list/row.js';
import { bytes, duration } from '../format/figures.js';
import { menuButton } from '../shell/menu.js';
import { copyAs, forms, openShare } from '../share/dialog.js';
import { replayOnce } from '../replay/replay.js';
import { openReplay } from '../replay/dialog.js';
import { ruleOf } from '../rules/from-request.js';
import { Tabs } from './tabs.js';
import { overview } from './overview.js';
import { requestTab, responseTab } from './sides.js';
import { MessagesTab } from './messages.js';
import { replaysTab } from './replays.js';

const settleMs = 300;

/** Everything about one exchange. While it runs it is kept up to date. */
export class Details {
  constructor(node, app) {
    this.node = node;
    this.app = app;
    this.number = null;
    this.tabs = new Tabs((name) => app.router.go({ view: 'requests', number: this.number, tab: name }, { replace: true }));
    this.title = el('header', { class: 'details-head' });
    this.content = el('div', { class: 'scroll details-body', role: 'tabpanel', tabindex: -1 });
    node.append(this.title, this.tabs.node, this.content);
  }

  show(route) {
    this.node.hidden = !route;
    if (!route) {
      this.number = null;
      this.exchange = null;
      this.leave();
      return;
    }
    this.tab = route.tab;
    if (route.number === this.number) {
      if (this.exchange) this.showTab();
      return;
    }
    const isOpening = this.number === null;
    this.number = route.number;
    this.exchange = null;
    this.leave();
    // Where the details cover the list, the keyboard must not stay behind them.
    if (isOpening && innerWidth <= 860) this.node.focus();
    this.load();
  }

  /** Loads the exchange; what is shown stays until it is there. */
  async load() {
    const { number } = this;
    this.stale = false;
    if (number === null) return;
    let exchange;
    try {
      exchange = await this.app.api.get(`exchanges/${number}`);
    } catch (problem) {
      if (number === this.number && !this.exchange) this.fail(problem);
      return;
    }
    if (number === this.number) this.take(exchange);
  }

  fail(problem) {
    put(this.title, el('div', { class: 'line-one' }, this.closeButton(), el('h2', { class: 'target cut' }, `#${this.number}`)));
    this.tabs.show([], null);
    put(this.content, el('p', { class: 'failed' }, problem.message));
  }

  take(exchange) {
    const isNew = this.exchange === null;
    const before = this.exchange;
    this.exchange = exchange;
    this.showTitle();
    const text = JSON.stringify({ ...exchange, summary: { ...exchange.summary, durationMs: 0 } });
    const isSame = !isNew && text === this.text;
    this.text = text;
    if (isNew) this.showTab();
    else if (!isSame || before.summary.durationMs !== exchange.summary.durationMs) this.refreshTab(isSame);
  }

  /** The feed told of exchanges: the one that is shown is loaded again, not more often than is good. */
  heard(batch) {
    if (this.number === null || !this.exchange) return;
    const concerned = batch.some((item) => item.number === this.number || item.replayOf === this.number);
    if (!concerned || this.stale) return;
    this.stale = true;
    setTimeout(() => this.stale && this.load(), settleMs);
  }

  refresh() {
    if (this.number !== null) this.load();
  }

  showTitle() {
    const { summary } = this.exchange;
    const { text, style, title } = statusOf(summary);
    const key = JSON.stringify([summary.number, text, style, summary.durationMs, summary.responseBytes]);
    if (key === this.titleKey && this.title.firstChild) return;
    const isNew = this.titleNumber !== summary.number;
    this.titleKey = key;
    this.titleNumber = summary.number;
    const line = [
      el('span', { class: 'method mono' }, summary.method), el('span', { class: `pill ${style}`, title }, text),
      el('span', { class: 'soft' }, took(summary)), el('span', { class: 'soft' }, bytes(summary.responseBytes || summary.requestBytes)), el('span', { class: 'soft number' }, `#${summary.number}`),
    ];
    if (!isNew && this.facts?.isConnected) {
      put(this.facts, line);
      return;
    }
    this.facts = el('div', { class: 'line-two' }, line);
    put(this.title,
      el('div', { class: 'line-one' }, this.closeButton(), el('h2', { class: 'target', title: summary.host + summary.target }, summary.target),
        el('div', { class: 'walk' }, this.walkButton(-1, 'up', 'Previous (k)'), this.walkButton(1, 'down', 'Next (j)'))),
      el('div', { class: 'line-acts' }, this.facts, this.acts(summary)));
  }

  closeButton() {
    return el('button', { class: 'button plain only', type: 'button', title: 'Close (Esc)', 'aria-label': 'Close the details', onclick: () => this.app.closeDetails() }, icon(innerWidth <= 860 ? 'back' : 'close'));
  }

  walkButton(by, sign, name) {
    return el('button', { class: 'button plain small only', type: 'button', title: name, 'aria-label': name, onclick: () => this.app.moveBy(by) }, icon(sign));
  }

  acts({ number }) {
    const { app } = this;
    return el('div', { class: 'acts' },
      el('button', { class: 'button small', type: 'button', title: 'Replay (r)', onclick: () => replayOnce(app, number) }, icon('replay'), 'Replay'),
      el('button', { class: 'button small', type: 'button', title: 'Edit and replay (e)', onclick: () => openReplay(app, number) }, icon('edit'), el('span', { class: 'word' }, 'Edit')),
      menuButton({ class: 'button small', title: 'Copy as code' }, [icon('copy'), el('span', { class: 'word' }, 'Copy as')], () => [
        ...forms.map(([form, word]) => ({ text: word, icon: 'copy', key: form === 'curl' ? 'c' : null, act: () => copyAs(app, number, form) })),
        '-',
        { text: 'With secrets, HAR…', icon: 'share', act: () => openShare(app, { number }) },
      ]),
      menuButton({ class: 'button small only', title: 'More', 'aria-label': 'More' }, icon('more'), () => [
        { text: 'Make a rule of this request…', icon: 'rule', act: () => app.rulesPage.add(ruleOf(this.exchange)) },
        { text: 'Replay many times…', icon: 'replay', act: () => openReplay(app, number, { many: true }) },
        { text: 'Share…', icon: 'share', act: () => openShare(app, { number }) },
      ]));
  }

  /** The tabs that this exchange has. */
  list() {
    const { request, response, hasMessages, replays, summary } = this.exchange;
    const size = (body) => (body && body.bytes > 0 ? bytes(body.bytes) : null);
    return [
      { name: 'overview', word: 'Overview', make: () => overview(this.app, this.exchange) },
      { name: 'request', word: 'Request', tally: size(request.body), make: () => requestTab(this.app, this.exchange) },
      { name: 'response', word: 'Response', tally: size(response?.body), make: () => responseTab(this.app, this.exchange) },
      ...(hasMessages ? [{ name: 'messages', word: 'Messages', make: () => new MessagesTab(this.app, this.exchange) }] : []),
      { name: 'replays', word: summary.replayOf ? 'Replay' : 'Replays', tally: replays.length ? String(replays.length) : null, make: () => replaysTab(this.app, this.exchange) },
    ];
  }

  focus() {
    this.tabs.node.querySelector('[aria-selected="true"]')?.focus();
  }

  chooseTab(index) {
    // The tabs that are shown, also while the next exchange is still loading.
    this.tabs.node.children[index]?.click();
  }

  showTab() {
    const list = this.list();
    const entry = list.find(({ name }) => name === this.tab) ?? list[0];
    this.tabs.show(list, entry.name, this.content);
    if (this.shown === `${this.number} ${entry.name}`) return;
    this.leave();
    this.shown = `${this.number} ${entry.name}`;
    this.current = entry.make();
    put(this.content, this.current.node);
    this.content.scrollTop = 0;
  }

  /** The exchange went on: a tab that can take it in does; others are made anew, with the reader left where he is. */
  refreshTab(isSame) {
    const list = this.list();
    const entry = list.find(({ name }) => name === this.tab) ?? list[0];
    this.tabs.show(list, entry.name, this.content);
    if (this.current?.update?.(this.exchange) || isSame) return;
    const { scrollTop } = this.content;
    this.current?.leave?.();
    this.current = entry.make();
    put(this.content, this.current.node);
    this.content.scrollTop = scrollTop;
  }

  leave() {
    this.current?.leave?.();
    this.current = null;
    this.shown = null;
  }
}

function took({ state, durationMs, startedAt }) {
  return state === 'done' ? duration(durationMs) : `for ${duration(Math.max(durationMs, Date.now() - Date.parse(startedAt)))}`;
}
