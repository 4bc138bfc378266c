import { el } from '../dom.js';
import { icon } from '../icons.js';

/**
 * A button with a menu. The entries are made when it opens: { text, icon, act }, { text, href }, '-' for a line, or an element.
 */
export function menuButton(props, content, entries) {
  const button = el('button', { type: 'button', 'aria-haspopup': 'menu', 'aria-expanded': 'false', ...props }, content);
  button.addEventListener('click', () => openMenu(button, entries()));
  return button;
}

/** Shows a menu below an element; with a label a small dialog, which holds something else than items. */
export function openMenu(anchor, entries, label = null) {
  const menu = el('div', { class: 'menu', role: label ? 'dialog' : 'menu', 'aria-label': label, popover: 'auto' }, entries.map((entry) => line(entry, () => menu.hidePopover())));
  document.body.append(menu);
  menu.showPopover();
  placeAt(menu, anchor);
  anchor.setAttribute('aria-expanded', 'true');
  menu.addEventListener('toggle', (event) => {
    if (event.newState !== 'closed') return;
    anchor.setAttribute('aria-expanded', 'false');
    const hadFocus = menu.contains(document.activeElement) || document.activeElement === document.body;
    menu.remove();
    if (hadFocus) anchor.focus();
  });
  menu.addEventListener('keydown', (event) => step(menu, event));
  menu.querySelector('.item')?.focus();
  return menu;
}

function line(entry, close) {
  if (entry === '-') return el('hr');
  if (entry instanceof Node) return entry;
  const inner = [entry.icon ? icon(entry.icon) : null, entry.text, entry.key ? el('kbd', {}, entry.key) : null];
  return el('button', { class: 'item', role: 'menuitem', type: 'button', onclick: () => { close(); entry.act(); } }, inner);
}

function placeAt(menu, anchor) {
  const at = anchor.getBoundingClientRect();
  const { width, height } = menu.getBoundingClientRect();
  const left = Math.max(8, Math.min(innerWidth - width - 8, at.right - width > 8 && at.left + width > innerWidth ? at.right - width : at.left));
  const below = at.bottom + 4;
  menu.style.left = `${left}px`;
  menu.style.top = `${below + height > innerHeight - 8 ? Math.max(8, at.top - height - 4) : below}px`;
}

function step(menu, event) {
  const items = [...menu.querySelectorAll('.item')];
  const at = items.indexOf(document.activeElement);
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 }[event.key];
  if (to === undefined || items.length === 0) return;
  event.preventDefault();
  event.stopPropagation();
  items[(to + items.length) % items.length].focus();
}
