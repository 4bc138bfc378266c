// Prints, as JSON, what the ws package sends both ways over a WebSocket: node websocket.mjs DEFLATE, where DEFLATE is false
// or the options of permessage-deflate as JSON.
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import net from 'node:net';
import { WebSocket, WebSocketServer } from 'ws';

const deflate = process.argv[2] === 'false' ? false : { threshold: 0, ...Object.fromEntries(process.argv.slice(3).map((name) => [name, true])) };
const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: deflate });
await once(server, 'listening');

const bytes = { client: [], server: [] };
const proxy = net.createServer((socket) => {
  const upstream = net.connect(server.address().port, '127.0.0.1');
  socket.on('data', (data) => { bytes.client.push(data); upstream.write(data); });
  upstream.on('data', (data) => { bytes.server.push(data); socket.write(data); });
  socket.on('end', () => upstream.end());
  upstream.on('end', () => socket.end());
  socket.on('error', () => upstream.destroy());
  upstream.on('error', () => socket.destroy());
});
proxy.listen(0, '127.0.0.1');
await once(proxy, 'listening');

const log = { client: [], server: [] };
const send = (side, socket, data, options) => {
  log[side].push([typeof data === 'string' ? 'text' : 'binary', Buffer.from(data).toString('base64')]);
  socket.send(data, options);
};

server.on('connection', (socket) => {
  // Answers come one by one, so that both directions hold the same text again and again.
  socket.on('message', (data, isBinary) => send('server', socket, isBinary ? data : data.toString()));
});

const client = new WebSocket(`ws://127.0.0.1:${proxy.address().port}/`, { perMessageDeflate: deflate });
await once(client, 'open');
const quote = '{"symbol":"ÄBC","price":101.25,"note":"the same words in every message of this stream"}';
for (const message of [quote, quote, '', quote + quote, randomBytes(70_000), randomBytes(0), 'x'.repeat(200_000), 'ä€𝄞'.repeat(500), quote]) {
  send('client', client, message);
  await once(client, 'message');
}

// Parts of one message with a ping between them.
client.send('one ', { fin: false });
client.ping('between');
client.send('two ', { fin: false });
client.send('three', { fin: true });
await once(client, 'message');
log.client.push(['ping', Buffer.from('between').toString('base64')], ['text', Buffer.from('one two three').toString('base64')]);
client.close(4000, 'done');
await once(client, 'close');

const whole = (side) => Buffer.concat(bytes[side]).toString('base64');
process.stdout.write(JSON.stringify({ client: whole('client'), server: whole('server'), log }));
proxy.close();
server.close();
