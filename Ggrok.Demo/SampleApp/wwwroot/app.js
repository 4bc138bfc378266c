const $ = (id) => document.getElementById(id);
const at = (path) => new URL(path, document.baseURI);
const number = (n) => Math.round(n).toLocaleString();
const rate = (bytes, ms) => `${(bytes / 1e6 / (ms / 1000)).toFixed(1)} MB/s`;

/** Shows a state in words and colour. */
function state(element, kind, text) {
  element.className = `state ${kind}`;
  element.textContent = text;
}

/** A dot travels the way whenever the tunnel carried something. */
function pulse() {
  const way = $('way');
  if (way.classList.contains('pulse')) return;
  way.classList.add('pulse');
  setTimeout(() => way.classList.remove('pulse'), 350);
}

/** Result line of a transfer; failures are said, and in another colour. */
function result(id, text, bad = false) {
  $(id).textContent = text;
  $(id).classList.toggle('bad', bad);
}

/** SHA-256 as bytes; null where the browser has no cryptography (a page without HTTPS). */
async function sha256(bytes) {
  return globalThis.crypto?.subtle ? new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)) : null;
}

// Server-sent events.
const clock = new EventSource(at('clock'));
clock.onopen = () => state($('clock-state'), 'live', 'live');
clock.onerror = () => state($('clock-state'), 'lost', 'lost, trying again');
clock.onmessage = (event) => {
  $('clock').textContent = new Date(event.data).toLocaleTimeString('en-GB');
  $('clock-note').textContent = `Event ${event.lastEventId}. One a second, each as it happens.`;
  pulse();
};

// WebSocket, opened again when it is lost.
let socket;
let wait = 500;
const sent = [];
function connect() {
  const url = at('echo');
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  socket = new WebSocket(url, ['echo']);
  socket.binaryType = 'arraybuffer';
  socket.onopen = () => {
    wait = 500;
    state($('echo-state'), 'live', socket.extensions.includes('permessage-deflate') ? 'open, deflate' : 'open');
    if (!$('echo-log').children.length) send($('echo-text').value, $('echo-text').value);
  };
  socket.onclose = () => {
    sent.length = 0;
    state($('echo-state'), 'lost', 'lost, trying again');
    setTimeout(connect, wait);
    wait = Math.min(wait * 2, 10_000);
  };
  socket.onmessage = ({ data }) => {
    const { text, body, started } = sent.shift();
    const size = data.byteLength ?? data.length;
    const same = size === (body.byteLength ?? body.length);
    const row = document.createElement('li');
    const what = document.createElement('span');
    const took = document.createElement('time');
    what.textContent = same ? text : `${text}: ${size} came back`;
    took.textContent = `${(performance.now() - started).toFixed(1)} ms`;
    row.append(what, took);
    $('echo-log').prepend(row);
    while ($('echo-log').children.length > 3) $('echo-log').lastChild.remove();
    pulse();
  };
}
function send(body, text) {
  if (socket.readyState !== WebSocket.OPEN) return;
  sent.push({ body, text, started: performance.now() });
  socket.send(body);
}
$('echo-form').onsubmit = (event) => { event.preventDefault(); send($('echo-text').value, $('echo-text').value); };
$('echo-binary').onclick = () => send(crypto.getRandomValues(new Uint8Array(65536)), '65,536 bytes, binary');
connect();

// Upload. XMLHttpRequest, because fetch tells nothing about the progress of a request body.
async function upload(body) {
  const own = body.size > 2 ** 28 ? null : await sha256(await body.arrayBuffer());
  const started = performance.now();
  const request = new XMLHttpRequest();
  $('upload-sample').disabled = true;
  request.open('POST', at('upload'));
  request.upload.onprogress = (event) => { $('upload-progress').value = event.loaded / event.total; };
  request.onloadend = () => { $('upload-sample').disabled = false; };
  request.onerror = () => result('upload-result', 'The upload broke off.', true);
  request.onload = () => {
    if (request.status !== 200) return result('upload-result', `The answer was ${request.status} ${request.getResponseHeader('x-ggrok-error') ?? ''}`, true);
    const answer = JSON.parse(request.responseText);
    const hex = own && Array.from(own, (b) => b.toString(16).padStart(2, '0')).join('');
    const verdict = hex === null ? answer.sha256 : hex === answer.sha256 ? 'checksum matches' : 'CHECKSUM DIFFERS';
    $('upload-progress').value = 1;
    result('upload-result', `${number(answer.bytes)} bytes arrived, ${rate(answer.bytes, performance.now() - started)}, ${verdict}.`, verdict === 'CHECKSUM DIFFERS');
    pulse();
  };
  request.send(body);
}
$('upload-file').onchange = (event) => { if (event.target.files.length) upload(event.target.files[0]); event.target.value = ''; };
$('upload-sample').onclick = () => {
  const noise = new Uint8Array(8_000_000);
  for (let i = 0; i < noise.length; i += 65536) crypto.getRandomValues(noise.subarray(i, Math.min(i + 65536, noise.length)));
  upload(new Blob([noise]));
};

// Download, checked against the digest that the local service announced.
async function download(path) {
  const buttons = [$('download-slow'), $('download-fast')];
  buttons.forEach((b) => { b.disabled = true; });
  try {
    const started = performance.now();
    const response = await fetch(at(path));
    if (!response.ok) throw new Error(`The answer was ${response.status} ${response.headers.get('x-ggrok-error') ?? ''}`);
    const total = Number(response.headers.get('content-length'));
    const all = new Uint8Array(total);
    let received = 0;
    for (const reader = response.body.getReader(); ;) {
      const { done, value } = await reader.read();
      if (done) break;
      all.set(value, received);
      received += value.length;
      $('download-progress').value = received / total;
      result('download-result', `${number(received)} of ${number(total)} bytes, ${rate(received, performance.now() - started)}`);
    }
    const own = await sha256(all);
    const same = own === null || response.headers.get('repr-digest') === `sha-256=:${btoa(String.fromCharCode(...own))}:`;
    result('download-result', `${$('download-result').textContent}, ${own === null ? 'done' : same ? 'checksum matches' : 'CHECKSUM DIFFERS'}.`, !same);
    pulse();
  } catch (error) {
    result('download-result', error instanceof TypeError ? 'The download broke off.' : error.message, true);
  } finally {
    buttons.forEach((b) => { b.disabled = false; });
  }
}
$('download-slow').onclick = () => download('download?bytes=2000000&rate=500000');
$('download-fast').onclick = () => download('download?bytes=16000000');

// The request as it arrived.
const added = /^(x-forwarded-|forwarded$|x-request-id$)/i;
fetch(at('headers')).then((response) => response.json()).then((request) => {
  const through = request.headers.some(([name]) => name.toLowerCase() === 'x-forwarded-host');
  const host = request.headers.find(([name]) => name.toLowerCase() === 'host')?.[1] ?? 'localhost';
  $('request-line').firstChild.textContent = `${request.method} ${request.target} ${request.protocol}`;
  $('local').textContent = host;
  $('public').textContent = through ? location.host : 'public host';
  $('request-note').hidden = !through;
  if (!through) {
    $('way').classList.add('direct');
    $('title').textContent = 'The local side';
    $('lead').textContent = 'You are looking at the sample app itself. Open the public address to see it through the tunnel.';
  }
  for (const [name, value] of request.headers) {
    const term = document.createElement('dt');
    const text = document.createElement('dd');
    term.textContent = name;
    text.textContent = value;
    term.className = text.className = added.test(name) ? 'added' : '';
    $('fields').append(term, text);
  }
}).catch(() => { $('request-line').textContent = 'The request could not be shown. Reload the page.'; });
