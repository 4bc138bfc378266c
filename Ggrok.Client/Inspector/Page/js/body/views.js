import { el } from '../dom.js';
import { bytes as sizeText, many } from '../format/figures.js';
import { pairTable } from '../details/tables.js';
import { BodyView } from './body-view.js';
import { HexLines } from './hex-lines.js';
import { parseJsonInSteps } from './json-lines.js';
import { kindOf, kindOfText, looksBinary } from './kind.js';
import { boundaryOf, splitMultipart } from './multipart.js';
import { partSource } from './source.js';
import { TextLines } from './text-lines.js';
import { parseXml } from './xml-lines.js';

/** The ways to look at a body, the best first. */
export function choicesOf(source) {
  const kind = kindOfSource(source);
  switch (kind) {
    case 'json': case 'jsonLines': case 'xml': case 'html': case 'form': return [kind, 'raw', 'bytes'];
    case 'image': return /svg/.test(source.type) ? ['image', 'xml', 'bytes'] : ['image', 'bytes'];
    case 'multipart': case 'text': return [kind, 'bytes'];
    default: return ['bytes'];
  }
}

function kindOfSource({ type, text }) {
  const kind = kindOf(type);
  if (text === null || (kind !== 'binary' && kind !== 'text')) return kind;
  // The type says nothing, or plain text, which often carries JSON.
  const guess = kindOfText(text);
  if (guess === 'json') return isJson(text) ? 'json' : 'text';
  return kind === 'binary' ? guess : 'text';
}

function isJson(text) {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Makes one of the views: { model } for lines, { node } for anything else; with a note when it is not what was wanted. */
export async function makeView(source, choice) {
  switch (choice) {
    case 'bytes': return { model: new HexLines(await source.loadBytes(), innerWidth < 640 ? 8 : 16) };
    case 'image': return { node: image(source) };
    case 'multipart': return multipart(source);
    case 'form': return { node: pairTable(source.form ?? [...new URLSearchParams(await source.loadText())], 'Form fields') };
    default: return textual(source, choice);
  }
}

async function textual(source, choice) {
  if (source.text === null) {
    const bytes = await source.loadBytes();
    if (looksBinary(bytes)) return { model: new HexLines(bytes, innerWidth < 640 ? 8 : 16), note: `The type is ${source.type}, but these bytes are no text.` };
  }
  const text = await source.loadText();
  if (choice === 'xml' || choice === 'html') return { model: parseXml(text, { html: choice === 'html' }) };
  if (choice !== 'json' && choice !== 'jsonLines') return { model: new TextLines(text) };
  try {
    return { model: await parseJsonInSteps(text, { several: choice === 'jsonLines' }) };
  } catch (problem) {
    const why = source.truncated ? 'It was cut off, so that it is no whole JSON: shown as text.' : `No valid JSON, ${problem.message}. Shown as text.`;
    return { model: new TextLines(text), note: why };
  }
}

function image(source) {
  const facts = el('p', { class: 'hint' }, sizeText(source.decodedBytes));
  const picture = el('img', { alt: `The body as an image, ${source.type}`, src: source.imageUrl(), decoding: 'async', referrerpolicy: 'no-referrer' });
  picture.addEventListener('load', () => { facts.textContent = `${picture.naturalWidth} × ${picture.naturalHeight} pixels, ${sizeText(source.decodedBytes)}`; });
  picture.addEventListener('error', () => { facts.textContent = 'The browser cannot show this image.'; });
  return el('figure', { class: 'picture' }, el('div', { class: 'ground' }, picture), facts);
}

async function multipart(source) {
  const boundary = boundaryOf(source.type);
  const bytes = await source.loadBytes();
  const parts = boundary === null ? [] : splitMultipart(bytes, boundary);
  if (parts.length === 0) {
    const note = boundary === null ? 'The Content-Type names no boundary: the parts cannot be told apart.' : 'No part was found at the boundary.';
    return { model: looksBinary(bytes) ? new HexLines(bytes) : new TextLines(new TextDecoder().decode(bytes)), note };
  }
  return { node: el('ol', { class: 'parts', 'aria-label': many(parts.length, 'part') }, parts.map(partNode)) };
}

function partNode(part, index) {
  const title = part.name ?? `Part ${index + 1}`;
  return el('li', { class: 'part' },
    el('h4', {}, title, part.filename ? el('span', { class: 'soft' }, ` ${part.filename}`) : null, el('span', { class: 'soft end' }, `${part.type.split(';')[0]}, ${sizeText(part.body.length)}`)),
    part.headers.length ? el('details', { class: 'part-head' }, el('summary', {}, many(part.headers.length, 'header')), pairTable(part.headers, `Headers of ${title}`)) : null,
    part.body.length ? new BodyView(partSource(part, index), { label: `Body of ${title}` }).node : el('p', { class: 'hint' }, 'Empty'));
}
