import { el, put } from '../dom.js';
import { mark } from '../icons.js';
import { copyButton } from '../share/clipboard.js';

/** What stands in place of a list without rows: how to make a first request, or that the filter lets nothing through. */
export function showEmpty(node, { isFiltered, status, onreset }) {
  const key = isFiltered ? 'filtered' : (firstUrl(status) ?? 'none');
  if (node.dataset.key === key) return;
  node.dataset.key = key;
  if (isFiltered) put(node, el('h2', {}, 'Nothing passes the filter'), el('button', { class: 'button', type: 'button', onclick: onreset }, 'Clear the filter'));
  else put(node, mark(), el('h2', {}, 'Waiting for the first request'), hints(firstUrl(status)));
}

function hints(url) {
  if (!url) return el('p', {}, 'As soon as a request comes through a tunnel it is here.');
  const line = `curl ${url}/hello`;
  return [
    el('p', {}, 'Open the public address, or try this in a terminal. The request will be here at once.'),
    el('div', { class: 'try' }, el('code', {}, url), copyButton(url, 'Copy the address', 'Address copied')),
    el('div', { class: 'try' }, el('code', {}, line), copyButton(line, 'Copy the command', 'Command copied')),
  ];
}

const firstUrl = (status) => status?.tunnels.find((tunnel) => tunnel.url?.startsWith('http'))?.url?.replace(/\/$/, '');
