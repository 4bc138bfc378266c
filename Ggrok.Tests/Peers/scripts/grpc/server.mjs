// A gRPC service for the interoperability cases: node grpc/server.mjs; prints "PORT n" when ready.
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { once } from 'node:events';
import grpc from '@grpc/grpc-js';
import protoLoader from '@grpc/proto-loader';
import { ReflectionService } from '@grpc/reflection';
import { HealthImplementation } from 'grpc-health-check';

const folder = dirname(fileURLToPath(import.meta.url));
const definition = protoLoader.loadSync(join(folder, 'test.proto'), { keepCase: true, longs: Number, enums: String, defaults: true });
const { TestService, Observer } = grpc.loadPackageDefinition(definition).grpc.testing;

const unlimited = { 'grpc.max_receive_message_length': -1, 'grpc.max_send_message_length': -1 };
const health = new HealthImplementation({ '': 'SERVING', 'grpc.testing.TestService': 'SERVING' });
const zeros = (size) => ({ body: Buffer.alloc(size) });
const failureOf = ({ code, message }) => Object.assign(new Error(message), { code, details: message });

// What became of the calls that carry an x-call-id.
const calls = new Map();
const seenOf = (id) => calls.get(id) ?? calls.set(id, { started: false, cancelled: false, written: 0, milliseconds_left: 0, waiting: [] }).get(id);
const toldOf = ({ started, cancelled, written, milliseconds_left }) => ({ started, cancelled, written, milliseconds_left });

const watch = (call) => {
  const [id] = call.metadata.get('x-call-id');
  if (!id) return;
  const seen = seenOf(id);
  seen.started = true;
  const deadline = call.getDeadline();
  seen.milliseconds_left = Number.isFinite(Number(deadline)) ? Number(deadline) - Date.now() : 0;
  call.on('cancelled', () => {
    seen.cancelled = true;
    for (const answer of seen.waiting.splice(0)) answer();
  });
};

// "x-grpc-test-echo-…-initial…" comes back at the start of the response, the other echoes at its end.
const echo = (call) => {
  const initial = new grpc.Metadata();
  const trailing = new grpc.Metadata();
  for (const name of Object.keys(call.metadata.getMap()).filter((n) => n.startsWith('x-grpc-test-echo-'))) {
    for (const value of call.metadata.get(name)) (name.includes('initial') ? initial : trailing).add(name, value);
  }
  call.sendMetadata(initial);
  return trailing;
};

const testService = {
  EmptyCall(call, done) {
    watch(call);
    done(null, {}, echo(call));
  },

  UnaryCall(call, done) {
    watch(call);
    const trailing = echo(call);
    const { response_status: status, response_size: size } = call.request;
    if (status?.code) done(failureOf(status), null, trailing);
    else done(null, { payload: zeros(size) }, trailing);
  },

  StreamingInputCall(call, done) {
    watch(call);
    let sum = 0;
    call.on('data', ({ payload }) => { sum += payload.body.length; });
    call.on('end', () => done(null, { aggregated_payload_size: sum }));
  },

  async StreamingOutputCall(call) {
    watch(call);
    for (const { size } of call.request.response_parameters) call.write({ payload: zeros(size) });
    call.end();
  },

  FullDuplexCall(call) {
    watch(call);
    const trailing = echo(call);
    call.on('data', ({ response_parameters: wanted, response_status: status }) => {
      if (status?.code) {
        call.emit('error', Object.assign(failureOf(status), { metadata: trailing }));
        return;
      }
      for (const { size } of wanted) call.write({ payload: zeros(size) });
    });
    call.on('end', () => call.end(trailing));
  },
};

const observer = {
  AwaitCancelled(call, done) {
    const seen = seenOf(call.request.id);
    if (seen.cancelled) done(null, toldOf(seen));
    else seen.waiting.push(() => done(null, toldOf(seen)));
  },

  Look: (call, done) => done(null, toldOf(seenOf(call.request.id))),

  async Flood(call) {
    watch(call);
    const seen = seenOf(call.request.id);
    const message = zeros(64 * 1024);
    while (!call.cancelled && !call.destroyed) {
      seen.written += message.body.length;
      if (!call.write(message)) await Promise.race([once(call, 'drain'), once(call, 'cancelled')]);
    }
  },

  SetServing(call, done) {
    health.setStatus('grpc.testing.TestService', call.request.serving ? 'SERVING' : 'NOT_SERVING');
    done(null, {});
  },
};

const server = new grpc.Server(unlimited);
const { UnimplementedCall, ...implemented } = TestService.service;
server.addService(implemented, testService);
server.addService(Observer.service, observer);
health.addToServer(server);
new ReflectionService(definition).addToServer(server);
server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, port) => {
  if (error) throw error;
  console.log(`PORT ${port}`);
});
process.on('SIGTERM', () => process.exit(0));
