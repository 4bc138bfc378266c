// JSON Web Tokens (RFC 7519) found and read. They are never verified here: there is no key.

const pattern = /eyJ[\w-]{5,4096}\.[\w-]{2,16384}\.[\w-]{0,4096}/g;
const dates = { exp: 'Expires', nbf: 'Not before', iat: 'Issued', auth_time: 'Authenticated' };

/** All tokens in a text, each once. */
export function findJwts(text, most = 20) {
  const tokens = new Map();
  for (const [token] of (text ?? '').matchAll(pattern)) {
    if (tokens.size >= most) break;
    const read = tokens.has(token) ? null : readJwt(token);
    if (read) tokens.set(token, read);
  }
  return [...tokens.values()];
}

/** Header, payload and times of a token, or null when it is none. */
export function readJwt(token) {
  const [head, body] = token.split('.');
  const header = readPart(head);
  const payload = readPart(body);
  if (!header?.value?.alg || !payload) return null;
  const times = Object.keys(dates)
    .filter((name) => Number.isFinite(payload.value[name]) && Math.abs(payload.value[name]) < 8e12)
    .map((name) => ({ name, word: dates[name], date: new Date(payload.value[name] * 1000) }));
  return { token, header: header.text, payload: payload.text, algorithm: String(header.value.alg), times };
}

function readPart(part) {
  try {
    const binary = atob(part.replaceAll('-', '+').replaceAll('_', '/'));
    const text = new TextDecoder('utf-8', { fatal: true }).decode(Uint8Array.from(binary, (sign) => sign.charCodeAt(0)));
    const value = JSON.parse(text);
    return value !== null && typeof value === 'object' && !Array.isArray(value) ? { text, value } : null;
  } catch {
    return null;
  }
}
