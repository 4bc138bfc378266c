/** A Set-Cookie field (RFC 6265 section 4.1): name, value and attributes as they came. */
export function parseSetCookie(line) {
  const [pair, ...rest] = line.split(';');
  const split = (text) => {
    const at = text.indexOf('=');
    return at < 0 ? [text.trim(), ''] : [text.slice(0, at).trim(), text.slice(at + 1).trim()];
  };
  const [name, value] = split(pair);
  return { name, value, attributes: rest.map(split).filter(([key]) => key !== '') };
}
