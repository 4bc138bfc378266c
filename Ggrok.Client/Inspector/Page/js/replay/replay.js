import { duration, many } from '../format/figures.js';
import { orSay, toast } from '../shell/toast.js';
import { openDiff } from '../details/diff.js';

/** Replays a request as it was. */
export const replayOnce = (app, number) => replay(app, number, {});

/** Replays a request and says how it went. */
export function replay(app, number, content) {
  return orSay(async () => {
    const times = content.count ?? 1;
    const close = times > 1 || content.pauseMs ? toast(`Replaying #${number}, ${many(times, 'time')}…`, { forMs: 3600000 }) : () => {};
    let made;
    try {
      made = await app.api.write('POST', `exchanges/${number}/replay`, content);
    } finally {
      close();
    }
    app.exchanges.put([...made].sort((a, b) => a.number - b.number));
    toast(resultOf(made), { actions: actions(app, number, made) });
  });
}

function resultOf(made) {
  if (made.length === 1) return `Replayed as #${made[0].number}: ${word(made[0])} in ${duration(made[0].durationMs)}`;
  const groups = new Map();
  for (const item of made) groups.set(word(item), (groups.get(word(item)) ?? 0) + 1);
  return `${many(made.length, 'replay')}: ${[...groups].map(([status, times]) => `${times} × ${status}`).join(', ')}`;
}

const word = ({ status, error }) => error ?? String(status);

function actions(app, number, made) {
  const last = made.at(-1);
  if (!last) return [];
  if (made.length > 1) return [{ text: 'Show', act: () => app.open(number, 'replays') }];
  return [{ text: 'Open', act: () => app.open(last.number) }, { text: 'Compare', act: () => openDiff(app, number, last.number) }];
}
