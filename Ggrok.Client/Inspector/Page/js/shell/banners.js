import { el, put } from '../dom.js';
import { icon } from '../icons.js';
import { many } from '../format/figures.js';

/** What the reader must know at once: ggrok is gone, requests are held. */
export class Banners {
  constructor(node, app) {
    this.node = node;
    this.app = app;
    this.isGone = false;
    this.key = '';
  }

  setGone(isGone) {
    this.isGone = isGone;
    this.show();
  }

  show() {
    this.frame ??= requestAnimationFrame(() => {
      this.frame = null;
      this.showNow();
    });
  }

  showNow() {
    const held = this.app.exchanges.items.filter((item) => item.state === 'held');
    this.app.header.setHeld(held.length);
    const first = held[0]?.number;
    const key = `${this.isGone} ${held.length} ${first}`;
    if (key === this.key) return;
    this.key = key;
    put(this.node,
      this.isGone ? el('div', { class: 'banner bad', role: 'alert' }, icon('warn'), 'ggrok does not answer. What is here is from before; the page comes back by itself.') : null,
      held.length ? el('div', { class: 'banner', role: 'status' }, icon('hold'), `${many(held.length, 'request is', 'requests are')} held and ${held.length === 1 ? 'waits' : 'wait'} for you.`,
        el('button', { class: 'button small', type: 'button', onclick: () => this.app.open(first, 'overview') }, held.length === 1 ? 'Look at it' : 'Look at the first')) : null);
  }
}
