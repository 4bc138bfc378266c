import { el, put } from '../dom.js';

/** A row of tabs; arrows move between them, only the chosen one is in the order of the Tab key. */
export class Tabs {
  constructor(onchoose) {
    this.onchoose = onchoose;
    this.node = el('div', { class: 'tabs', role: 'tablist', 'aria-label': 'Parts of the exchange' });
    this.node.addEventListener('keydown', (event) => this.pressed(event));
  }

  show(list, chosen, panel) {
    const key = JSON.stringify([list.map(({ name, tally }) => [name, tally]), chosen]);
    if (key === this.key) return;
    this.key = key;
    const hadFocus = this.node.contains(document.activeElement);
    put(this.node, list.map(({ name, word, tally }) => el('button', {
      class: 'tab', type: 'button', role: 'tab', id: `tab-${name}`, 'aria-selected': String(name === chosen), tabindex: name === chosen ? 0 : -1,
      'aria-controls': 'details-panel', onclick: () => this.onchoose(name),
    }, word, tally ? el('span', { class: 'tally' }, tally) : null)));
    if (panel) {
      panel.id = 'details-panel';
      panel.setAttribute('aria-labelledby', `tab-${chosen}`);
    }
    const tab = this.node.querySelector('[aria-selected="true"]');
    if (tab) this.node.scrollLeft = tab.offsetLeft - (this.node.clientWidth - tab.offsetWidth) / 2;
    if (hadFocus) tab?.focus();
  }

  pressed(event) {
    const tabs = [...this.node.children];
    const at = tabs.indexOf(document.activeElement);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: tabs.length - 1 }[event.key];
    if (at < 0 || to === undefined) return;
    event.preventDefault();
    tabs[(to + tabs.length) % tabs.length].click();
  }
}
