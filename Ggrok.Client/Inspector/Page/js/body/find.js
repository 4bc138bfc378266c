/** Places of a text in the lines of a model, in any case: { line, start, length }. At most so many. */
export function findInLines(model, query, most = 10000) {
  if (query === '') return [];
  if (model.find) return model.find(query, most);
  const wanted = query.toLowerCase();
  const matches = [];
  for (let line = 0; line < model.count; line++) {
    const text = model.text(line).toLowerCase();
    for (let at = text.indexOf(wanted); at >= 0; at = text.indexOf(wanted, at + wanted.length)) {
      matches.push({ line, start: at, length: wanted.length });
      if (matches.length >= most) return matches;
    }
  }
  return matches;
}
