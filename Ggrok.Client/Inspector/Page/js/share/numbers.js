/** Numbers as the API takes them, neighbours joined: [1, 2, 3, 7] → "1-3,7". An address must not become too long. */
export function joinNumbers(numbers) {
  const sorted = [...new Set(numbers)].sort((a, b) => a - b);
  const parts = [];
  for (let index = 0; index < sorted.length; index++) {
    const from = sorted[index];
    while (sorted[index + 1] === sorted[index] + 1) index++;
    parts.push(from === sorted[index] ? String(from) : `${from}-${sorted[index]}`);
  }
  return parts.join(',');
}
