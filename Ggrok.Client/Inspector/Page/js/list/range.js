// The maths of a list of which only the visible rows exist.

/** The rows to draw, `last` excluded, with some above and below so that scrolling never shows a gap. */
export function visibleRange(scrollTop, viewHeight, rowHeight, rowCount, overscan = 6) {
  const first = Math.max(0, Math.min(rowCount, Math.floor(scrollTop / rowHeight)) - overscan);
  const last = Math.min(rowCount, Math.ceil((scrollTop + viewHeight) / rowHeight) + overscan);
  return { first, last: Math.max(first, last) };
}

/** Where to scroll so that a row can be seen in full; the same place when it can. */
export function scrollToShow(row, scrollTop, viewHeight, rowHeight) {
  const top = row * rowHeight;
  if (top < scrollTop) return top;
  if (top + rowHeight > scrollTop + viewHeight) return Math.max(0, top + rowHeight - viewHeight);
  return scrollTop;
}
