import { toast } from '../shell/toast.js';
import { el } from '../dom.js';
import { icon } from '../icons.js';

/** Copies text; by selection where the clipboard's own interface is missing or forbidden. */
export async function copy(text, what = 'Copied') {
  let done = true;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    done = copyBySelection(text);
  }
  toast(done ? `${what}.` : 'The browser did not allow to copy.', { bad: !done, forMs: done ? 1800 : 6000 });
  return done;
}

function copyBySelection(text) {
  const area = el('textarea', { class: 'spoken', value: text, readOnly: true });
  const home = document.querySelector('dialog[open]') ?? document.body;
  const focused = document.activeElement;
  home.append(area);
  area.select();
  const done = document.execCommand('copy');
  area.remove();
  focused?.focus();
  return done;
}

/** A small button that copies what a function tells at that moment. */
export function copyButton(text, label, what) {
  return el('button', {
    class: 'button plain small only', type: 'button', title: label, 'aria-label': label,
    onclick: (event) => {
      event.stopPropagation();
      copy(typeof text === 'function' ? text() : text, what);
    },
  }, icon('copy'));
}
