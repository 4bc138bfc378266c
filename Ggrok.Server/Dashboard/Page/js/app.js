import { Api } from './api/client.js';
import { el, put } from './dom.js';
import { Bar } from './shell/bar.js';
import { signIn } from './shell/sign-in.js';
import { ClientsView } from './views/clients.js';
import { InboxView } from './views/inbox.js';
import { LiveView } from './views/live.js';
import { TokensView } from './views/tokens.js';
import { TrafficView } from './views/traffic.js';
import { TunnelsView } from './views/tunnels.js';

const views = [
  { name: 'tunnels', sign: 'list', word: 'Tunnels', Type: TunnelsView },
  { name: 'traffic', sign: 'chart', word: 'Traffic', Type: TrafficView },
  { name: 'clients', sign: 'people', word: 'Clients', Type: ClientsView },
  { name: 'live', sign: 'pulse', word: 'Live', Type: LiveView },
  { name: 'inbox', sign: 'inbox', word: 'Inbox', Type: InboxView },
  { name: 'tokens', sign: 'key', word: 'Tokens', Type: TokensView },
];

const stayEvery = 60000;

/** The page: who is signed in, and which view is shown. */
export class App {
  constructor() {
    this.api = new Api({ onsignedout: () => this.signedOut('The session is over; sign in again.') });
    this.main = document.getElementById('main');
    this.banners = document.getElementById('banners');
    this.bar = new Bar(document.getElementById('top'), views, { onsignout: () => this.signOut() });
    this.session = null;
    this.view = null;
    this.lastDeed = 0;
    addEventListener('hashchange', () => this.show());
    addEventListener('visibilitychange', () => this.view?.setShown(document.visibilityState === 'visible'));
    for (const event of ['pointerdown', 'keydown']) addEventListener(event, () => this.stay(), { passive: true });
    document.getElementById('skip').addEventListener('click', (event) => { event.preventDefault(); this.main.focus(); });
  }

  async start() {
    try {
      this.take(await this.api.session());
    } catch (problem) {
      this.setTrouble(problem.message);
      setTimeout(() => this.start(), 3000);
    }
  }

  take(session) {
    this.setTrouble(null);
    this.session = session.signedIn ? session : null;
    this.bar.setSession(this.session);
    if (this.session) this.show();
    else this.askToken(session.configured);
  }

  askToken(configured, note = null) {
    this.leave();
    document.title = 'Ggrok server';
    put(this.main, signIn({ configured, note, onsubmit: async (token) => this.take(await this.api.signIn(token)) }));
    this.main.querySelector('input')?.focus();
  }

  /** The server said that nobody is signed in any more. */
  signedOut(note) {
    if (!this.session) return;
    this.session = null;
    this.bar.setSession(null);
    this.askToken(true, note);
  }

  async signOut() {
    try {
      await this.api.signOut();
    } finally {
      this.signedOut(null);
    }
  }

  show() {
    if (!this.session) return;
    const [, name, query] = location.hash.match(/^#\/([a-z]*)(?:\?(.*))?$/) ?? [];
    const wanted = views.find((view) => view.name === name) ?? views[0];
    const options = new URLSearchParams(query ?? '');
    this.bar.setView(wanted.name);
    document.title = `${wanted.word} · Ggrok server`;
    if (this.view?.name === wanted.name) {
      this.view.setOptions?.(options);
      return;
    }
    this.leave();
    const node = el('section', { class: 'view page', 'aria-label': wanted.word });
    put(this.main, node);
    this.view = new wanted.Type(node, this, options);
    this.view.name = wanted.name;
    this.view.setShown(document.visibilityState === 'visible');
  }

  leave() {
    this.view?.setShown(false);
    this.view = null;
  }

  /** Who does something stays signed in. */
  stay() {
    if (!this.session || Date.now() - this.lastDeed < stayEvery) return;
    this.lastDeed = Date.now();
    this.api.get('session').then((session) => { if (!session.signedIn) this.signedOut('The session is over; sign in again.'); }, () => {});
  }

  setTrouble(text) {
    put(this.banners, text ? el('div', { class: 'banner bad', role: 'alert' }, text) : null);
  }
}
