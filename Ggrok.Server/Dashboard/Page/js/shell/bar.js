import { el, setText } from '../dom.js';
import { icon, mark } from '../icons.js';
import { themeButton } from './theme.js';

/** The bar at the top: where one is, who is signed in. */
export class Bar {
  constructor(node, views, { onsignout }) {
    this.links = views.map(({ name, sign, word }) => el('a', { href: `#/${name}`, data: { view: name } }, icon(sign), el('span', {}, word)));
    this.nav = el('nav', { class: 'views', 'aria-label': 'Pages', hidden: true }, this.links);
    this.who = el('span', { class: 'who cut', hidden: true });
    this.out = el('button', { class: 'button plain only', type: 'button', title: 'Sign out', 'aria-label': 'Sign out', hidden: true, onclick: onsignout }, icon('leave'));
    node.append(
      el('a', { class: 'brand', href: '#/tunnels', 'aria-label': 'Ggrok server, to the tunnels' }, mark(), el('span', {}, 'Ggrok server')),
      this.nav, this.who, el('div', { class: 'tools' }, themeButton(), this.out));
  }

  /** Somebody signed in, or nobody is with null. */
  setSession(session) {
    for (const node of [this.nav, this.who, this.out]) node.hidden = session === null;
    if (session) setText(this.who, `${session.token} · ${session.version}`);
  }

  setView(name) {
    for (const link of this.links) {
      if (link.dataset.view === name) link.setAttribute('aria-current', 'page');
      else link.removeAttribute('aria-current');
    }
  }
}
