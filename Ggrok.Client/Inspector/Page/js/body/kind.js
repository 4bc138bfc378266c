// Which view suits a body.

/** "Application/JSON; charset=utf-8" → "application/json". */
export const essence = (type) => (type ?? '').split(';')[0].trim().toLowerCase();

/** json, jsonLines, xml, html, form, multipart, image, text or binary: what the media type says. */
export function kindOf(type) {
  const name = essence(type);
  if (/^application\/(x-)?(ndjson|jsonl|json-seq|json-lines)$/.test(name)) return 'jsonLines';
  if (/[/+]json$/.test(name) || name === 'application/csp-report') return 'json';
  if (name === 'text/html' || name === 'application/xhtml+xml') return 'html';
  if (name.startsWith('image/')) return 'image';
  if (/[/+]xml$/.test(name)) return 'xml';
  if (name === 'application/x-www-form-urlencoded') return 'form';
  if (name.startsWith('multipart/')) return 'multipart';
  if (name.startsWith('text/') || /^application\/(javascript|ecmascript|yaml|x-yaml|toml|sql|graphql|x-sh|manifest|x-httpd-php)/.test(name)) return 'text';
  return 'binary';
}

/** The kind by the text itself, for bodies without a type or with one that says nothing. */
export function kindOfText(text) {
  const start = text.slice(0, 200).trimStart();
  if (/^[[{]/.test(start)) return 'json';
  if (/^<\?xml/.test(start)) return 'xml';
  if (/^<(!doctype html|html)/i.test(start)) return 'html';
  return 'text';
}

/** The character set that a media type names, if the browser knows it; else UTF-8. */
export function decodeText(bytes, type) {
  const charset = /;\s*charset=["']?([\w.:-]+)/i.exec(type ?? '')?.[1] ?? 'utf-8';
  try {
    return new TextDecoder(charset).decode(bytes);
  } catch {
    return new TextDecoder().decode(bytes);
  }
}

/** Bytes that are most likely no text: they hold NUL, or are not valid UTF-8. */
export function looksBinary(bytes) {
  if (bytes.subarray(0, 4096).includes(0)) return true;
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(0, 4096), { stream: true });
    return false;
  } catch {
    return true;
  }
}

/** The name of a kind for people. */
export const kindNames = { json: 'JSON', jsonLines: 'JSON lines', xml: 'XML', html: 'HTML', form: 'Form', multipart: 'Parts', image: 'Image', text: 'Text', binary: 'Bytes' };
