// Visitors: node client.mjs KIND URL; exits with 0 when everything was as it should be.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';

const [kind, url] = process.argv.slice(2);
const socketUrl = url.replace(/^http/, 'ws');

const kinds = {
  async ws() {
    const { WebSocket } = await import('ws');
    // The sizes at which frame headers change, as the Autobahn suite uses them; with and without permessage-deflate.
    for (const perMessageDeflate of [false, true]) {
      const socket = new WebSocket(socketUrl, { perMessageDeflate });
      await once(socket, 'open');
      assert.equal(socket.extensions !== '', perMessageDeflate);
      for (const size of [0, 1, 125, 126, 127, 128, 65535, 65536, 65537, 1 << 20, 5 << 20]) {
        for (const message of [randomBytes(size), 'ä€𝄞'.repeat(size / 9)]) {
          const expected = Buffer.from(message);
          socket.send(message);
          const [data, isBinary] = await once(socket, 'message');
          assert.equal(isBinary, typeof message !== 'string');
          assert.ok(expected.equals(data), `${size} bytes`);
        }
      }
      for (const piece of ['one ', 'two ', 'three']) socket.send(piece, { fin: piece === 'three' });
      assert.equal((await once(socket, 'message'))[0].toString(), 'one two three');
      const payload = randomBytes(125);
      socket.ping(payload);
      assert.ok(payload.equals((await once(socket, 'pong'))[0]));
      // Several messages may arrive in one turn of the event loop, so they are collected, not awaited one by one.
      const burst = [];
      const complete = new Promise((resolve) => socket.on('message', (data) => { if (burst.push(data.toString()) === 500) resolve(); }));
      for (let i = 0; i < 500; i++) socket.send(`burst ${i}`);
      await complete;
      burst.forEach((text, i) => assert.equal(text, `burst ${i}`));
      socket.close(4000, 'done');
      const [code, reason] = await once(socket, 'close');
      assert.equal(code, 4000);
      assert.equal(reason.toString(), 'done');
    }
  },

  async undici() {
    const { Pool, fetch } = await import('undici');
    const pool = new Pool(url, { connections: 4, pipelining: 4 });
    const answers = await Promise.all(Array.from({ length: 200 }, async (_, i) => {
      const { statusCode, body } = await pool.request({ method: 'GET', path: `/p%2f${i}?x=%20`, headers: { 'x-many': ['a', 'b'] } });
      assert.equal(statusCode, 200);
      return body.json();
    }));
    answers.forEach((answer, i) => {
      assert.equal(answer.url, `/p%2f${i}?x=%20`);
      assert.deepEqual(answer.raw.filter((_, at) => answer.raw[at - 1]?.toLowerCase() === 'x-many'), ['a', 'b']);
    });

    const sent = randomBytes(20 << 20);
    async function* pieces() { for (let at = 0; at < sent.length; at += 100_000) yield sent.subarray(at, at + 100_000); }
    const { body, trailers } = await pool.request({ method: 'POST', path: '/pipe', body: pieces() });
    const received = Buffer.from(await body.arrayBuffer());
    assert.ok(sent.equals(received));
    assert.equal(trailers['x-sha256'], createHash('sha256').update(sent).digest('hex'));
    await pool.close();

    const response = await fetch(`${url}/f`, { method: 'PUT', body: 'x' });
    assert.equal((await response.json()).method, 'PUT');
  },

  async eventsource() {
    const { EventSource } = await import('eventsource');
    const source = new EventSource(`${url}/events`);
    const seen = [];
    await new Promise((resolve) => source.addEventListener('tick', (event) => {
      seen.push(event.data);
      if (seen.length >= 7) resolve();
    }));
    source.close();
    assert.deepEqual(seen.slice(0, 7), ['1', '2', '3', '4', '5', '6', '7']);
  },

  async socketio() {
    const { io } = await import('socket.io-client');
    for (const transports of [['polling'], ['websocket'], ['polling', 'websocket']]) {
      const socket = io(url, { transports, forceNew: true });
      await once(socket, 'connect');
      assert.equal(await socket.emitWithAck('add', 2, 3), 5);
      const bytes = randomBytes(70_000);
      assert.ok(Buffer.concat([bytes, bytes]).equals(Buffer.from(await socket.emitWithAck('bytes', bytes))));
      const joined = new Promise((resolve) => socket.once('joined', resolve));
      socket.emit('room');
      assert.equal(await joined, socket.id);
      if (transports.length === 2 && socket.io.engine.transport.name !== 'websocket') await once(socket.io.engine, 'upgrade');
      socket.disconnect();
    }
  },
};

const limit = setTimeout(() => { console.error(`${kind}: no end after 60 s`); process.exit(2); }, 60_000);
await kinds[kind]();
clearTimeout(limit);
process.exit(0);
