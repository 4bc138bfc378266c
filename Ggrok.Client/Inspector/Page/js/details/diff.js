import { el, put } from '../dom.js';
import { count, duration, many } from '../format/figures.js';
import { openDialog } from '../shell/dialog.js';
import { orSay } from '../shell/toast.js';
import { visible } from '../body/text-lines.js';
import { foldSame, sideBySide } from './diff-rows.js';

const most = 2000;

/** Shows what differs between the responses of two exchanges. */
export function openDiff(app, first, second) {
  return orSay(async () => {
    const diff = await app.api.get(`exchanges/${first}/diff/${second}`);
    let beside = innerWidth >= 900;
    const body = el('div', { class: 'diff-body' });
    const ways = el('div', { class: 'segments', role: 'group', 'aria-label': 'Layout' });
    const show = () => {
      put(ways, [[true, 'Side by side'], [false, 'Unified']].map(([value, word]) => el('button', {
        type: 'button', 'aria-pressed': String(beside === value), onclick: () => { beside = value; show(); },
      }, word)));
      put(body, bodyNode(diff, beside));
    };
    show();
    openDialog({ title: `Responses of #${first} and #${second}`, wide: true, body: el('div', { class: 'stack diff' }, facts(diff, first, second), headers(diff.headers), el('header', { class: 'row-of' }, el('h3', {}, 'Body'), diff.body ? ways : null), body) });
  });
}

function facts({ status, durationMs }, first, second) {
  const pair = (name, one, two, isSame) => el('tr', {}, el('th', { scope: 'row' }, name), el('td', {}, one), el('td', { class: isSame ? '' : 'differs' }, two));
  return el('table', { class: 'compare' },
    el('thead', {}, el('tr', {}, el('td'), el('th', { scope: 'col' }, `#${first}`), el('th', { scope: 'col' }, `#${second}`))),
    el('tbody', {},
      pair('Status', String(status.first || 'none'), String(status.second || 'none'), status.first === status.second),
      pair('Duration', duration(durationMs.first), duration(durationMs.second), true)));
}

function headers(list) {
  const changed = list.filter(({ change }) => change !== 'same');
  const same = list.length - changed.length;
  return el('section', {}, el('h3', {}, 'Headers'),
    changed.length ? el('table', { class: 'compare' }, el('tbody', {}, changed.map(({ name, change, first, second }) => el('tr', { class: change },
      el('th', { scope: 'row' }, visible(name)), el('td', { class: first === null ? 'none' : 'old' }, first === null ? '–' : visible(first)), el('td', { class: second === null ? 'none' : 'new' }, second === null ? '–' : visible(second)))))) : null,
    el('p', { class: 'hint' }, changed.length ? `${many(same, 'other is', 'others are')} the same.` : 'All the same.'));
}

function bodyNode({ body, bodySame }, beside) {
  if (bodySame) return el('p', { class: 'hint good' }, 'The bodies are the same.');
  if (!body) return el('p', { class: 'hint' }, 'The bodies differ. At least one is no text, or too large to be compared line by line.');
  const rows = foldSame(body);
  const added = body.filter(({ change }) => change === 'added').length;
  const removed = body.filter(({ change }) => change === 'removed').length;
  const lines = beside ? sideBySide(rows) : rows;
  const list = el('div', { class: beside ? 'diff-lines beside' : 'diff-lines' }, lines.slice(0, most).flatMap((line) => (beside ? besideNodes(line) : lineNode(line))));
  return [el('p', { class: 'hint' }, `${many(removed, 'line')} only in the first, ${many(added, 'line')} only in the second.`), list,
    lines.length > most ? el('p', { class: 'hint' }, `${count(lines.length - most)} more lines are not shown.`) : null];
}

const signs = { added: '+', removed: '−', same: ' ' };

function lineNode(row) {
  if (row.change === 'skipped') return el('div', { class: 'd-line skipped' }, many(row.to - row.from, 'equal line'));
  return el('div', { class: `d-line ${row.change}` }, el('span', { class: 'sign', 'aria-label': row.change === 'same' ? undefined : row.change }, signs[row.change]), visible(row.text));
}

function besideNodes([left, right]) {
  if (left?.change === 'skipped') return [lineNode(left)];
  return [left ? lineNode(left) : el('div', { class: 'd-line nothing' }), right ? lineNode(right) : el('div', { class: 'd-line nothing' })];
}
