// Which exchanges the reader wants to see: the same rules as GET /api/exchanges has.

export const noFilter = Object.freeze({ text: '', methods: [], statuses: [], host: '', tunnel: '' });

export const isEmpty = (filter) =>
  filter.text === '' && filter.methods.length === 0 && filter.statuses.length === 0 && filter.host === '' && filter.tunnel === '';

/** "2xx" and so on, "error" for one that ended without a response, "none" for one that has none yet. */
export function statusClass(exchange) {
  if (exchange.status >= 100) return `${Math.floor(exchange.status / 100)}xx`;
  return exchange.error ? 'error' : 'none';
}

/** A function that says whether an exchange passes. */
export function matcher(filter) {
  const text = filter.text.trim().toLowerCase();
  const methods = new Set(filter.methods);
  const statuses = new Set(filter.statuses);
  return (exchange) =>
    (methods.size === 0 || methods.has(exchange.method)) &&
    (statuses.size === 0 || statuses.has(statusClass(exchange)) || statuses.has(String(exchange.status))) &&
    (filter.host === '' || exchange.host === filter.host) &&
    (filter.tunnel === '' || exchange.tunnel === filter.tunnel) &&
    (text === '' || contains(exchange, text));
}

function contains(exchange, text) {
  return [exchange.target, exchange.host, exchange.method, exchange.id, exchange.tunnel, exchange.error, exchange.delivery?.id]
    .some((value) => value?.toLowerCase().includes(text));
}

/** The filter as a query of the API. */
export function toQuery(filter) {
  const query = new URLSearchParams();
  if (filter.text.trim()) query.set('text', filter.text.trim());
  if (filter.methods.length) query.set('method', filter.methods.join(','));
  if (filter.statuses.length) query.set('status', filter.statuses.join(','));
  if (filter.host) query.set('host', filter.host);
  if (filter.tunnel) query.set('tunnel', filter.tunnel);
  return query;
}
