// Lines of a comparison, ready to be shown.

/** Long runs of equal lines become one { skipped, from } between a few lines that show where one is. */
export function foldSame(lines, around = 3) {
  const rows = [];
  let at = 0;
  while (at < lines.length) {
    let end = at;
    while (end < lines.length && lines[end].change === 'same') end++;
    const keepBefore = at === 0 ? 0 : around;
    const keepAfter = end === lines.length ? 0 : around;
    if (end - at > keepBefore + keepAfter + 1) {
      rows.push(...lines.slice(at, at + keepBefore), { change: 'skipped', from: at + keepBefore, to: end - keepAfter }, ...lines.slice(end - keepAfter, end));
    } else rows.push(...lines.slice(at, end));
    at = end;
    while (at < lines.length && lines[at].change !== 'same') rows.push(lines[at++]);
  }
  return rows;
}

/** Pairs of lines that stand beside each other: removed ones at the left, added ones at the right. */
export function sideBySide(rows) {
  const pairs = [];
  let removed = [];
  let added = [];
  const flush = () => {
    for (let index = 0; index < Math.max(removed.length, added.length); index++) pairs.push([removed[index] ?? null, added[index] ?? null]);
    removed = [];
    added = [];
  };
  for (const row of rows) {
    if (row.change === 'removed') removed.push(row);
    else if (row.change === 'added') added.push(row);
    else {
      flush();
      pairs.push([row, row]);
    }
  }
  flush();
  return pairs;
}
