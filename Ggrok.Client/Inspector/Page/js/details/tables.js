import { el } from '../dom.js';
import { copyButton } from '../share/clipboard.js';
import { visible } from '../body/text-lines.js';

/** Names and values, each to be copied. */
export function pairTable(pairs, label) {
  if (pairs.length === 0) return el('p', { class: 'hint' }, 'None');
  return el('dl', { class: 'pairs', 'aria-label': label }, pairs.map(([name, value]) => el('div', { class: 'pair' },
    el('dt', {}, visible(name)),
    el('dd', {}, el('span', { class: 'value' }, valueNode(value)), copyButton(value, `Copy ${name}`, `${name} copied`)))));
}

/** Text, or a link when it is an address of the web. */
export function valueNode(value) {
  if (!/^https?:\/\/[^\s"<>]+$/i.test(value)) return visible(value);
  return el('a', { href: value, target: '_blank', rel: 'noreferrer noopener' }, value);
}

/** A part of the details under a title, with what belongs to it at the right. */
export function section(title, content, { end = null, note = null } = {}) {
  return el('section', { class: 'block' },
    el('header', {}, el('h3', {}, title), note ? el('span', { class: 'soft' }, note) : null, end ? el('div', { class: 'end' }, end) : null),
    content);
}

/** Facts as a grid of names and values; those without a value are left out. */
export function factGrid(facts) {
  return el('dl', { class: 'facts' }, facts.filter(([, value]) => value !== null && value !== undefined && value !== '')
    .map(([name, value]) => el('div', {}, el('dt', {}, name), el('dd', {}, value))));
}
