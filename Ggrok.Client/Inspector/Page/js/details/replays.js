import { el } from '../dom.js';
import { icon } from '../icons.js';
import { bytes, clock, count, duration } from '../format/figures.js';
import { statusOf } from '../list/row.js';
import { openReplay } from '../replay/dialog.js';
import { replayOnce } from '../replay/replay.js';
import { openDiff } from './diff.js';
import { section } from './tables.js';

const most = 200;

/** What repeats this exchange, or what it repeats; each to be compared. */
export function replaysTab(app, exchange) {
  const { summary, replays } = exchange;
  return {
    node: el('div', { class: 'stack' },
      summary.replayOf ? section('Original', table(app, summary.replayOf, [summary.replayOf], summary.number)) : null,
      section('Replays', replays.length ? table(app, summary.number, replays.slice(-most).reverse(), null, exchange) : el('p', { class: 'hint' }, 'It has not been replayed.'),
        { note: replays.length > most ? `the last ${most} of ${count(replays.length)}` : null }),
      el('div', { class: 'row-of' },
        el('button', { class: 'button main', type: 'button', onclick: () => replayOnce(app, summary.number) }, icon('replay'), 'Replay'),
        el('button', { class: 'button', type: 'button', onclick: () => openReplay(app, summary.number) }, icon('edit'), 'Edit and replay'),
        el('button', { class: 'button', type: 'button', onclick: () => openReplay(app, summary.number, { many: true }) }, 'Replay many times'))),
  };
}

function table(app, original, numbers, replay) {
  return el('ul', { class: 'replays' }, numbers.map((number) => {
    const item = app.exchanges.get(number);
    const facts = item ? [statusPill(item), el('span', {}, duration(item.durationMs)), el('span', { class: 'soft' }, bytes(item.responseBytes)), el('span', { class: 'soft' }, clock(new Date(item.startedAt))), item.edited ? el('span', { class: 'pill' }, 'edited') : null]
      : [el('span', { class: 'soft' }, 'not in the list any more')];
    return el('li', {}, el('a', { href: `#/exchanges/${number}` }, `#${number}`), facts,
      el('button', { class: 'button small', type: 'button', onclick: () => openDiff(app, original, replay ?? number) }, icon('swap'), 'Compare'));
  }));
}

function statusPill(item) {
  const { text, style } = statusOf(item);
  return el('span', { class: `pill ${style}` }, text);
}
