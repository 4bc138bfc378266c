import { el } from '../dom.js';
import { openDialog } from './dialog.js';

/** What the keys do; the help shows the same table. */
export const keyTable = [
  [['j', '↓'], 'Next request'],
  [['k', '↑'], 'Previous request'],
  [['Enter', 'o'], 'Open the request; again: go into its details'],
  [['Esc'], 'Close the details'],
  [['/'], 'Filter'],
  [['r'], 'Replay'],
  [['e'], 'Edit and replay'],
  [['c'], 'Copy as cURL'],
  [['Space'], 'Select or unselect'],
  [['p'], 'Pause, go on'],
  [['1', '…', '5'], 'Tab of the details'],
  [['g', 'r'], 'Requests'],
  [['g', 'c'], 'Charts'],
  [['g', 'u'], 'Rules'],
  [['g', 'i'], 'Inbox'],
  [['?'], 'This help'],
];

const typing = 'input:not([type=checkbox]):not([type=radio]), select, textarea, [contenteditable]';
const pressing = 'button, a[href], [role=tab], [role=tree], [role=separator], [role=menuitem], summary, label';

/** Calls an act by key. The acts: { key: function }; the keys after g are under 'g …'. */
export function listenForKeys(acts) {
  let isAfterG = false;
  addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || document.querySelector('dialog[open], .menu:popover-open')) return;
    const { target, key } = event;
    if (target.matches?.(typing)) {
      if (key === 'Escape') target.blur();
      return;
    }
    // Enter, Space and the arrows belong to the control that has the focus.
    const isForControl = target.matches?.(pressing) && (key === 'Enter' || key === ' ' || key.startsWith('Arrow'));
    const name = isAfterG ? `g ${key}` : key;
    isAfterG = key === 'g' && !isAfterG;
    if (isForControl || !acts[name]) return;
    if (acts[name](event) !== false) event.preventDefault();
  });
}

export function openHelp() {
  openDialog({
    title: 'Keys',
    body: [
      el('dl', { class: 'keys' }, keyTable.map(([keys, what]) => [
        el('dt', {}, keys.map((key) => (key === '…' ? '–' : el('kbd', {}, key)))),
        el('dd', {}, what),
      ])),
      el('p', { class: 'soft' }, 'Shift and a click select from one row to another, Ctrl or ⌘ and a click single ones. Selected requests can be exported or compared.'),
      el('p', { class: 'soft' }, 'Everything here can be done by programs too: the API is described at ', el('a', { href: 'api/openapi.json', target: '_blank', rel: 'noopener' }, '/api/openapi.json'), '.'),
    ],
  });
}
