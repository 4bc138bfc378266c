const $ = (id) => document.getElementById(id);
$('host').textContent = location.host;

new EventSource('/clock').onmessage = (event) => { $('clock').textContent = event.data; };

const socket = new WebSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/echo`);
const sentAt = [];
socket.onmessage = ({ data }) => {
  const row = document.createElement('li');
  const took = document.createElement('time');
  took.textContent = `${(performance.now() - sentAt.shift()).toFixed(1)} ms`;
  row.append(document.createTextNode(data), took);
  $('echo-log').prepend(row);
  while ($('echo-log').children.length > 4) $('echo-log').lastChild.remove();
};
const send = () => { sentAt.push(performance.now()); socket.send($('echo-text').value); };
socket.onopen = send;
$('echo-form').onsubmit = (event) => { event.preventDefault(); if (socket.readyState === WebSocket.OPEN) send(); };

function upload(body) {
  // XMLHttpRequest, because fetch tells nothing about the progress of a request body.
  const request = new XMLHttpRequest();
  request.open('POST', '/upload');
  request.upload.onprogress = (event) => { $('upload-progress').value = event.loaded / event.total; };
  request.onload = () => {
    $('upload-progress').value = 1;
    const { bytes, sha256 } = JSON.parse(request.responseText);
    $('upload-result').textContent = `${bytes.toLocaleString()} bytes arrived, SHA-256 ${sha256}`;
  };
  request.onerror = () => { $('upload-result').textContent = 'The upload broke off.'; };
  request.send(body);
}
$('upload-file').onchange = (event) => { if (event.target.files.length) upload(event.target.files[0]); };
$('upload-sample').onclick = () => {
  const noise = new Uint8Array(8_000_000);
  for (let at = 0; at < noise.length; at += 65536) crypto.getRandomValues(noise.subarray(at, Math.min(at + 65536, noise.length)));
  upload(noise);
};

$('download-start').onclick = async () => {
  const started = performance.now();
  const response = await fetch('/download?bytes=2000000&rate=500000');
  const total = Number(response.headers.get('content-length'));
  let received = 0;
  for (const reader = response.body.getReader(); ;) {
    const { done, value } = await reader.read();
    if (done) break;
    received += value.length;
    $('download-progress').value = received / total;
    $('download-result').textContent = `${received.toLocaleString()} of ${total.toLocaleString()} bytes, ${((performance.now() - started) / 1000).toFixed(1)} s`;
  }
};

fetch('/headers').then((response) => response.text()).then((text) => { $('request').textContent = text; });
