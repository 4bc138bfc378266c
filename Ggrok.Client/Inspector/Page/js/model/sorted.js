// Arrays of exchanges, sorted by number.

/** Index of the first item whose number is not below the given one. */
export function lowerBound(items, number) {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (items[middle].number < number) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Puts an item in its place, or in that of the one with its number. True when it was not there. */
export function place(items, item) {
  const last = items.length - 1;
  if (last < 0 || items[last].number < item.number) {
    items.push(item);
    return true;
  }
  const index = lowerBound(items, item.number);
  const isThere = items[index]?.number === item.number;
  items.splice(index, isThere ? 1 : 0, item);
  return !isThere;
}

/** Takes an item out. True when it was there. */
export function remove(items, number) {
  const index = lowerBound(items, number);
  if (items[index]?.number !== number) return false;
  items.splice(index, 1);
  return true;
}
