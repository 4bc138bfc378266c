import { el, freshId } from '../dom.js';
import { icon } from '../icons.js';

/** Opens a dialog with a title, a body and buttons at its foot; answers with a function that closes it. */
export function openDialog({ title, body, foot = [], wide = false, onclose }) {
  const id = freshId('dialog');
  const dialog = el('dialog', { class: wide ? 'dialog wide' : 'dialog', 'aria-labelledby': id });
  const close = () => dialog.close();
  dialog.append(
    el('header', {},
      el('h2', { id }, title),
      el('button', { class: 'button plain only', type: 'button', 'aria-label': 'Close', onclick: close }, icon('close'))),
    el('div', { class: 'content scroll' }, body),
    ...(foot.length ? [el('footer', {}, foot)] : []));
  dialog.addEventListener('close', () => {
    dialog.remove();
    onclose?.();
  });
  // A press on the ground around it closes it; a drag that merely ends there does not.
  dialog.addEventListener('pointerdown', (event) => { if (event.target === dialog) close(); });
  document.body.append(dialog);
  dialog.showModal();
  return close;
}

/** Asks before something that cannot be undone. */
export function confirmThat({ title, text, act, word }) {
  const answer = (yes) => () => {
    close();
    if (yes) act();
  };
  const close = openDialog({
    title,
    body: el('p', {}, text),
    foot: [
      el('button', { class: 'button', type: 'button', onclick: answer(false) }, 'Cancel'),
      el('button', { class: 'button main', type: 'button', autofocus: true, onclick: answer(true) }, word),
    ],
  });
}
