import { decodeText, essence } from './kind.js';

// Where a body's text and bytes come from: { type, text, bytes, keptBytes, decodedBytes, truncated, encodings, note, fileName,
// imageUrl(), loadBytes(), loadText() }. Bytes are fetched once, when somebody wants to see them.

const endings = { 'application/json': 'json', 'text/html': 'html', 'text/plain': 'txt', 'text/css': 'css', 'text/javascript': 'js', 'application/xml': 'xml', 'text/xml': 'xml', 'image/png': 'png', 'image/jpeg': 'jpg', 'image/gif': 'gif', 'image/webp': 'webp', 'image/svg+xml': 'svg', 'application/pdf': 'pdf' };

/** The body of one side of an exchange. */
export function exchangeSource(app, number, side, body) {
  const path = `exchanges/${number}/${side}/body`;
  return withBytes({
    ...body, fileName: `${side}-${number}.${endings[essence(body.type)] ?? 'bin'}`, imageUrl: () => app.api.url(path, { decoded: true }), form: null,
    loadSent: () => app.api.getBytes(path),
  }, () => app.api.getBytes(path, { decoded: true }));
}

/** The body of a request that the server keeps. */
export function storedSource(app, id, body) {
  const path = `inbox/items/${id}/body`;
  return withBytes({
    ...body, fileName: `${id}.${endings[essence(body.type)] ?? 'bin'}`, imageUrl: () => app.api.url(path, { decoded: true }), form: null,
    loadSent: () => app.api.getBytes(path),
  }, () => app.api.getBytes(path, { decoded: true }));
}

/** A part of a multipart body. */
export function partSource(part, index) {
  const { length } = part.body;
  return withBytes({
    type: part.type, text: null, bytes: length, keptBytes: length, decodedBytes: length, truncated: false, encodings: [], form: null,
    note: part.complete ? null : 'This part is not complete.', fileName: part.filename?.replace(/[^\w.-]+/g, '_') || `part-${index + 1}.${endings[essence(part.type)] ?? 'bin'}`,
    imageUrl: () => URL.createObjectURL(new Blob([part.body], { type: essence(part.type).startsWith('image/') ? essence(part.type) : 'application/octet-stream' })),
  }, async () => part.body);
}

/** A piece of text, such as a message. */
export function textSource(text, type, name) {
  const bytes = new TextEncoder().encode(text);
  return withBytes({ type, text, bytes: bytes.length, keptBytes: bytes.length, decodedBytes: bytes.length, truncated: false, encodings: [], note: null, fileName: name, form: null }, async () => bytes);
}

function withBytes(source, load) {
  let bytes = null;
  source.loadBytes = () => {
    bytes ??= load().catch((problem) => {
      bytes = null;
      throw problem;
    });
    return bytes;
  };
  source.loadText = async () => source.text ?? decodeText(await source.loadBytes(), source.type);
  return source;
}
