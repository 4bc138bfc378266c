// The keys of a tree of lines, as the pattern of trees has them (WAI-ARIA).

/** What a key does in a LineView, or null. */
export function keyAct(view, key) {
  const { active, folds, rows } = view;
  const lastLine = rows.at(rows.length - 1).line;
  const down = () => view.go(Math.min(lastLine, folds.after(active)));
  switch (key) {
    case 'ArrowDown': return down;
    case 'ArrowUp': return () => view.go(rows.at(Math.max(0, rows.firstOf(active) - 1)).line);
    case 'Home': return () => view.go(0);
    case 'End': return () => view.go(lastLine);
    case 'ArrowRight': return folds.isFolded(active) ? () => view.fold(active, false) : down;
    case 'ArrowLeft': return folds.canFold(active) && !folds.isFolded(active) ? () => view.fold(active, true) : () => view.go(parentOf(view.model, active));
    case 'Enter': case ' ': return () => folds.canFold(active) && view.fold(active, !folds.isFolded(active));
    case 'c': return view.oncopy ? () => view.oncopy(active) : null;
    default: return null;
  }
}

function parentOf(model, line) {
  const depth = model.depth(line);
  let above = line - 1;
  while (above > 0 && model.depth(above) >= depth) above--;
  return Math.max(0, above);
}
