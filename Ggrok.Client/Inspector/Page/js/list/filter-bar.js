import { el, put } from '../dom.js';
import { icon } from '../icons.js';
import { noFilter } from '../model/filter.js';

const classes = [['2xx', '2xx'], ['3xx', '3xx'], ['4xx', '4xx'], ['5xx', '5xx'], ['error', 'Error']];
const usual = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'];

/** The row of filters. `onfilter` hears every change. */
export class FilterBar {
  constructor({ onfilter, acts }) {
    this.onfilter = onfilter;
    this.filter = noFilter;
    this.known = '';
    this.text = el('input', {
      class: 'input', type: 'search', placeholder: 'Filter', 'aria-label': 'Filter by text: target, host, method, id or error', spellcheck: 'false', autocomplete: 'off',
      oninput: () => this.change({ text: this.text.value }),
    });
    this.method = this.select('Method', 'Any method', (value) => ({ methods: value ? [value] : [] }));
    this.host = this.select('Host', 'Any host', (value) => ({ host: value }));
    this.tunnel = this.select('Tunnel', 'Any tunnel', (value) => ({ tunnel: value }));
    this.chips = classes.map(([value, word]) => el('button', {
      class: `chip ${value === 'error' ? value : `s${value}`}`, type: 'button', 'aria-pressed': 'false',
      title: value === 'error' ? 'Ended without a response' : `Status ${value}`, onclick: () => this.toggle(value),
    }, word));
    this.node = el('div', { class: 'filter', role: 'search' },
      el('div', { class: 'find' }, icon('search'), this.text, el('kbd', { 'aria-hidden': 'true' }, '/')),
      this.method,
      el('div', { class: 'chips', role: 'group', 'aria-label': 'Status' }, this.chips),
      this.host, this.tunnel,
      el('div', { class: 'acts' }, acts));
    this.offer([], []);
  }

  select(label, any, toFilter) {
    const node = el('select', { class: 'input', 'aria-label': label, onchange: () => this.change(toFilter(node.value)) });
    node.any = any;
    return node;
  }

  toggle(value) {
    const has = this.filter.statuses.includes(value);
    this.change({ statuses: has ? this.filter.statuses.filter((other) => other !== value) : [...this.filter.statuses, value] });
  }

  change(part) {
    this.filter = { ...this.filter, ...part };
    this.show();
    this.onfilter(this.filter);
  }

  reset() {
    this.text.value = '';
    this.change(noFilter);
  }

  show() {
    const { filter } = this;
    this.method.value = filter.methods[0] ?? '';
    this.host.value = filter.host;
    this.tunnel.value = filter.tunnel;
    for (const select of [this.method, this.host, this.tunnel]) select.classList.toggle('set', select.value !== '');
    this.chips.forEach((chip, index) => chip.setAttribute('aria-pressed', String(filter.statuses.includes(classes[index][0]))));
  }

  /** Tells what there is to choose from. Hosts and tunnels are shown only when there are several. */
  offer(methods, hosts, tunnels = []) {
    const known = JSON.stringify([methods, hosts, tunnels]);
    if (known === this.known) return;
    this.known = known;
    const all = [...new Set([...usual, ...methods])];
    for (const [select, values] of [[this.method, all], [this.host, hosts], [this.tunnel, tunnels]]) {
      put(select, el('option', { value: '' }, select.any), values.map((value) => el('option', { value }, value)));
    }
    this.host.hidden = hosts.length < 2 && !this.filter.host;
    this.tunnel.hidden = tunnels.length < 2 && !this.filter.tunnel;
    this.show();
  }
}
