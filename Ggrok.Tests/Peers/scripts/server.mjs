// Local services: node server.mjs KIND [FOLDER]; prints "PORT n" when ready.
import http from 'node:http';
import { createHash } from 'node:crypto';

const [kind, folder] = process.argv.slice(2);
const listening = (server) => server.listen(0, '127.0.0.1', () => console.log(`PORT ${server.address().port}`));

const kinds = {
  async ws() {
    const { WebSocketServer } = await import('ws');
    const server = http.createServer();
    const sockets = new WebSocketServer({ server, perMessageDeflate: { threshold: 0 }, maxPayload: 64 * 1024 * 1024 });
    sockets.on('connection', (socket) => {
      socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
      socket.on('close', (code, reason) => console.log(`CLOSED ${code} ${reason}`));
    });
    listening(server);
  },

  async http() {
    listening(http.createServer((request, response) => {
      if (request.url === '/events') {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        let id = Number(request.headers['last-event-id'] ?? 0);
        // Ends after three events, so that the client has to come back with Last-Event-ID.
        for (let i = 0; i < 3; i++) response.write(`id: ${++id}\nevent: tick\ndata: ${id}\n\n`);
        response.end();
        return;
      }
      if (request.url === '/pipe') {
        response.writeHead(200, { trailer: 'x-sha256' });
        const hash = createHash('sha256');
        request.on('data', (chunk) => hash.update(chunk));
        request.on('end', () => response.addTrailers({ 'x-sha256': hash.digest('hex') }));
        request.pipe(response);
        return;
      }
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ method: request.method, url: request.url, raw: request.rawHeaders }));
    }));
  },

  async socketio() {
    const { Server } = await import('socket.io');
    const server = http.createServer();
    const io = new Server(server);
    io.on('connection', (socket) => {
      socket.on('add', (a, b, answer) => answer(a + b));
      socket.on('bytes', (data, answer) => answer(Buffer.concat([data, data])));
      socket.on('room', () => { socket.join('r'); io.to('r').emit('joined', socket.id); });
    });
    listening(server);
  },

  async vite() {
    const { createServer } = await import('vite');
    const vite = await createServer({ root: folder, logLevel: 'error', server: { host: '127.0.0.1', port: 0, strictPort: false }, cacheDir: `${folder}/.cache` });
    await vite.listen();
    console.log(`PORT ${vite.httpServer.address().port}`);
  },
};

process.on('SIGTERM', () => process.exit(0));
await kinds[kind]();
