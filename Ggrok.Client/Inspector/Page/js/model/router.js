// Where the reader is, in the address: #/, #/exchanges/42, #/exchanges/42/response, #/charts, #/rules, #/inbox.

/** Reads an address's fragment. */
export function parse(hash) {
  const [view, number, tab] = hash.replace(/^#?\/?/, '').split('/');
  if (view === 'charts' || view === 'rules' || view === 'inbox') return { view };
  if (view === 'exchanges' && /^[1-9]\d{0,15}$/.test(number ?? '')) {
    return { view: 'requests', number: Number(number), tab: tab || 'overview' };
  }
  return { view: 'requests' };
}

/** Writes an address's fragment. */
export function format(route) {
  if (route.view !== 'requests') return `#/${route.view}`;
  if (!route.number) return '#/';
  return route.tab && route.tab !== 'overview' ? `#/exchanges/${route.number}/${route.tab}` : `#/exchanges/${route.number}`;
}

export class Router {
  constructor() {
    this.watchers = new Set();
    this.route = parse(location.hash);
    addEventListener('hashchange', () => this.take());
  }

  watch(watcher) {
    this.watchers.add(watcher);
  }

  /** Goes somewhere. With replace, the way back does not lead over where the reader is. */
  go(route, { replace = false } = {}) {
    const hash = format(route);
    if (hash === format(this.route)) return;
    if (replace) history.replaceState(null, '', hash);
    else history.pushState(null, '', hash);
    this.take();
  }

  take() {
    this.route = parse(location.hash);
    for (const watcher of this.watchers) watcher(this.route);
  }
}
