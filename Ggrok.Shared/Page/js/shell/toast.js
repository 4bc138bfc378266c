import { el } from '../dom.js';
import { icon } from '../icons.js';

/** Says something at the foot of the page; screen readers hear it. What offers something to do stays until it can be reached by keyboard, too. */
export function toast(text, { bad = false, actions = [], forMs = actions.length ? 15000 : bad ? 9000 : 4500 } = {}) {
  const box = document.getElementById('toasts');
  const node = el('div', { class: bad ? 'toast bad' : 'toast' }, el('span', {}, text));
  const close = () => node.remove();
  for (const { text: word, act } of actions) {
    node.append(el('button', { class: 'button small', type: 'button', onclick: () => { close(); act(); } }, word));
  }
  node.append(el('button', { class: 'button small only', type: 'button', 'aria-label': 'Close', onclick: close }, icon('close')));
  while (box.children.length > 2) box.firstChild.remove();
  box.append(node);
  let timer = setTimeout(close, forMs);
  node.addEventListener('pointerenter', () => clearTimeout(timer));
  node.addEventListener('pointerleave', () => { timer = setTimeout(close, forMs); });
  return close;
}

/** Runs something that may fail and says why when it does. */
export async function orSay(act) {
  try {
    return await act();
  } catch (problem) {
    toast(problem.message, { bad: true });
    return undefined;
  }
}
