/** "Name: value" lines as pairs; lines without a colon are left out. */
export function parseHeaders(text) {
  return text.split('\n').flatMap((line) => {
    const at = line.indexOf(':');
    const name = line.slice(0, Math.max(0, at)).trim();
    return name === '' ? [] : [[name, line.slice(at + 1).trim()]];
  });
}
