import { Api, Refused } from './api/http.js';
import { Feed } from './api/feed.js';
import { Exchanges } from './model/exchanges.js';
import { Facts } from './model/facts.js';
import { Rows } from './model/rows.js';
import { Router } from './model/router.js';
import { Stats } from './model/stats.js';
import { Catcher } from './model/catcher.js';
import { RequestsView } from './list/requests-view.js';
import { Details } from './details/details.js';
import { openDiff } from './details/diff.js';
import { copyAs } from './share/dialog.js';
import { replayOnce } from './replay/replay.js';
import { openReplay } from './replay/dialog.js';
import { Header } from './shell/header.js';
import { Banners } from './shell/banners.js';
import { listenForKeys, openHelp } from './shell/keys.js';
import { makeSplitter } from './shell/splitter.js';
import { toast } from './shell/toast.js';
import { ChartsPage } from './charts/page.js';
import { RulesPage } from './rules/page.js';
import { InboxPage } from './inbox/page.js';

const mostExchanges = 10000;
const leeway = 50;

const byId = (id) => document.getElementById(id);

/** The page: what it knows, and how its parts speak with each other. */
export class App {
  constructor() {
    this.api = new Api();
    this.exchanges = new Exchanges();
    this.facts = new Facts(this.exchanges);
    this.rows = new Rows(this.exchanges);
    this.stats = new Stats();
    this.router = new Router();
    this.status = null;
    this.rules = [];
    this.isLoaded = false;
    this.header = new Header(byId('top'), { onhelp: openHelp });
    this.banners = new Banners(byId('banners'), this);
    this.requests = new RequestsView(byId('list-pane'), this);
    this.details = new Details(byId('details'), this);
    this.charts = new ChartsPage(byId('view-charts'), this);
    this.rulesPage = new RulesPage(byId('view-rules'), this);
    this.inbox = new InboxPage(byId('view-inbox'), this);
    this.catcher = new Catcher((limit) => this.fetchLatest(limit), (count) => this.requests.setSkipped(count));
    this.feed = new Feed(this.api.url('events'), this.handlers());
    makeSplitter(byId('splitter'), byId('view-requests'));
    listenForKeys(this.keys());
    this.exchanges.watch((change) => this.exchangesChanged(change));
    this.stats.watch((points) => this.header.sparkline.show(points));
    this.router.watch((route) => this.showRoute(route));
    byId('skip').addEventListener('click', (event) => { event.preventDefault(); this.requests.list.grid.focus(); });
  }

  start() {
    this.showRoute(this.router.route);
    this.feed.start();
  }

  handlers() {
    return {
      exchanges: (batch) => this.exchanges.put(batch),
      skipped: ({ count }) => this.catcher.skipped(count),
      status: (status) => this.setStatus(status),
      stats: (point) => this.stats.add(point),
      rules: (rules) => this.setRules(rules),
      cleared: () => this.exchanges.clear(),
      lost: (failures) => this.gone(failures),
      found: () => this.load(),
    };
  }

  /** Loads everything; what happens meanwhile waits in the feed. */
  async load() {
    this.api.forgetSession();
    const [status, page, rules, points] = await Promise.all([
      this.api.get('status'), this.api.get('exchanges', { limit: mostExchanges }), this.orNone('rules'), this.orNone('stats', { seconds: 900 }),
    ]);
    this.setGone(false);
    this.isLoaded = true;
    this.setStatus(status);
    this.setRules(rules);
    this.stats.replace(points);
    this.exchanges.replace(page.items);
    this.catcher.reset();
    this.requests.list.settle(this.router.route.number);
    this.details.refresh();
    this.inbox.look();
  }

  /** A list that is refused must not keep the requests from being shown. */
  async orNone(path, query) {
    try {
      return await this.api.get(path, query);
    } catch (problem) {
      if (problem instanceof Refused) return [];
      throw problem;
    }
  }

  async fetchLatest(limit) {
    const page = await this.api.get('exchanges', { limit });
    this.exchanges.put(page.items.reverse());
  }

  gone(failures) {
    // A single break is mended before anybody could read about it.
    if (failures > 1) this.setGone(true);
  }

  setGone(isGone) {
    this.banners.setGone(isGone);
    this.header.setGone(isGone);
  }

  setStatus(status) {
    this.status = status;
    this.trim(status.recorder);
    this.header.setStatus(status);
    this.requests.show();
  }

  /** What ggrok let go of cannot be opened any more. Some leeway: what came a moment ago is not counted in the status yet. */
  trim({ kept, evicted, maxExchanges }) {
    this.exchanges.limit = Math.min(mostExchanges, maxExchanges);
    if (evicted > 0 && this.exchanges.items.length > kept + leeway) this.exchanges.trim(kept);
  }

  setRules(rules) {
    this.rules = rules;
    this.rulesPage.show();
  }

  exchangesChanged(change) {
    this.requests.list.came(change.all ? 0 : change.fresh.length);
    this.changed();
    if (!change.all) this.details.heard(change.put);
  }

  /** Something of the list changed: what counts it is brought up to date. */
  changed() {
    this.requests.show();
    this.banners.show();
  }

  showRoute(route) {
    const { list } = this.requests;
    if (route.view !== 'requests') list.setShown(false);
    for (const view of ['requests', 'charts', 'rules', 'inbox']) byId(`view-${view}`).hidden = view !== route.view;
    if (route.view === 'requests') list.setShown(true);
    this.header.setView(route.view);
    this.charts.setShown(route.view === 'charts');
    this.inbox.setShown(route.view === 'inbox');
    const hasDetails = route.view === 'requests' && Boolean(route.number);
    byId('view-requests').classList.toggle('split', hasDetails);
    byId('splitter').hidden = !hasDetails;
    if (hasDetails && list.active !== route.number) list.setActive(route.number, { show: true });
    this.details.show(hasDetails ? route : null);
    document.title = hasDetails ? `#${route.number} · Ggrok` : { requests: 'Ggrok', charts: 'Charts · Ggrok', rules: 'Rules · Ggrok', inbox: 'Inbox · Ggrok' }[route.view];
  }

  open(number, tab, { replace = this.router.route.number !== undefined } = {}) {
    const keep = tab ?? (this.router.route.number ? this.router.route.tab : 'overview');
    this.router.go({ view: 'requests', number, tab: keep }, { replace });
  }

  /** Opens the details; when they are open already, the keyboard goes into them. */
  enter(number) {
    if (this.router.route.number === number) this.details.focus();
    else this.open(number);
  }

  closeDetails() {
    this.router.go({ view: 'requests' });
    this.requests.list.grid.focus();
  }

  compare(first, second) {
    openDiff(this, first, second);
  }

  /** The exchange that a key acts on. */
  get current() {
    return this.router.route.number ?? this.requests.list.active;
  }

  keys() {
    const { list } = this.requests;
    const isList = () => this.router.route.view === 'requests';
    const onCurrent = (act) => () => {
      if (!isList()) return false;
      if (this.current === null || this.current === undefined) toast('Choose a request first.');
      else act(this.current);
      return true;
    };
    const move = (by) => () => isList() && this.moveBy(by);
    const page = () => Math.max(1, Math.floor(list.grid.clientHeight / list.rowHeight) - 1);
    const inGrid = (act) => () => (document.activeElement === list.grid ? act() : false);
    return {
      j: move(1), k: move(-1), ArrowDown: move(1), ArrowUp: move(-1),
      PageDown: inGrid(() => this.moveBy(page())), PageUp: inGrid(() => this.moveBy(-page())),
      Home: inGrid(() => this.moveBy(-Infinity)), End: inGrid(() => this.moveBy(Infinity)),
      Enter: onCurrent((number) => this.enter(number)), o: onCurrent((number) => this.enter(number)),
      ' ': inGrid(() => (list.active === null ? false : list.toggle(list.active))),
      Escape: () => this.escape(),
      '/': () => isList() && this.requests.bar.text.focus(),
      r: onCurrent((number) => replayOnce(this, number)), e: onCurrent((number) => openReplay(this, number)),
      c: onCurrent((number) => copyAs(this, number, 'curl')),
      p: () => isList() && this.requests.togglePause(), '?': openHelp,
      'g r': () => this.router.go({ view: 'requests' }), 'g c': () => this.router.go({ view: 'charts' }), 'g u': () => this.router.go({ view: 'rules' }),
      'g i': () => this.router.go({ view: 'inbox' }),
      ...Object.fromEntries([1, 2, 3, 4, 5].map((number) => [String(number), () => this.details.chooseTab(number - 1)])),
    };
  }

  moveBy(by) {
    const number = this.requests.list.move(by);
    // Holding a key down would load every exchange on the way.
    clearTimeout(this.moving);
    if (number !== null && this.router.route.number) this.moving = setTimeout(() => this.open(number), 60);
  }

  escape() {
    if (this.requests.list.selected.size) this.requests.list.clearSelection();
    else if (this.router.route.number) this.closeDetails();
    else return false;
    return true;
  }
}
