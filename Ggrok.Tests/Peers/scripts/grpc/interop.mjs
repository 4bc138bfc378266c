// Visitors' side of the interoperability cases: node grpc/interop.mjs URL [CA]; prints "ok NAME" or "FAILED NAME: why" for
// each case and exits with 0 when all were as they should be. The cases are those of gRPC's interop-test-descriptions.md,
// and after them what a relay in particular may get wrong.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import grpc from '@grpc/grpc-js';
import protoLoader from '@grpc/proto-loader';
import { protoPath as healthProto } from 'grpc-health-check';

const [address, authority] = process.argv.slice(2);
const url = new URL(address);
const credentials = url.protocol === 'https:' ? grpc.credentials.createSsl(readFileSync(authority)) : grpc.credentials.createInsecure();
const unlimited = { 'grpc.max_receive_message_length': -1, 'grpc.max_send_message_length': -1 };
// An address is no name for TLS; the certificate speaks of this one as well.
if (url.protocol === 'https:') unlimited['grpc.ssl_target_name_override'] = 'localhost';
const target = `${url.hostname}:${url.port || (url.protocol === 'https:' ? 443 : 80)}`;

const folder = dirname(fileURLToPath(import.meta.url));
const packages = createRequire(import.meta.url);
const reflectionProto = join(dirname(packages.resolve('@grpc/reflection')), '../proto/grpc/reflection/v1/reflection.proto');
const load = (path) => grpc.loadPackageDefinition(protoLoader.loadSync(path, { keepCase: true, longs: Number, enums: String, defaults: true })).grpc;
const { TestService, UnimplementedService, Observer } = load(join(folder, 'test.proto')).testing;
const { Health } = load(healthProto).health.v1;
const { ServerReflection } = load(reflectionProto).reflection.v1;

const clients = [];
const client = (Kind, options = {}) => {
  const made = new Kind(target, credentials, { ...unlimited, ...options });
  clients.push(made);
  return made;
};
const test = client(TestService);
const observer = client(Observer);

const bytes = (size) => ({ body: Buffer.alloc(size) });
const metadata = (entries) => {
  const made = new grpc.Metadata();
  for (const [name, value] of entries) made.add(name, value);
  return made;
};
// The answer with everything around it; fails with the call's error.
const unary = (stub, method, request, meta = new grpc.Metadata(), options = {}) => new Promise((resolve, reject) => {
  const around = {};
  const call = stub[method](request, meta, options, (error, answer) => (error ? reject(error) : setImmediate(() => resolve({ answer, ...around }))));
  call.on('metadata', (initial) => { around.initial = initial; });
  call.on('status', (status) => { around.status = status; });
});
const failure = (promise) => promise.then(() => assert.fail('the call succeeded'), (error) => error);
const has = (error, code) => assert.equal(error.code, code, error.message);
const fails = async (promise, code) => has(await failure(promise), code);
const failed = async (call) => (await once(call, 'error'))[0];
const messages = async (call) => {
  const all = [];
  for await (const message of call) all.push(message);
  return all;
};
const wanted = (...sizes) => ({ response_parameters: sizes.map((size) => ({ size })) });
// A name for a call, under which its handler tells what it saw.
const named = () => {
  const id = randomUUID();
  return { id, meta: metadata([['x-call-id', id]]) };
};
const serverSawCancellation = async (id) => assert.equal((await unary(observer, 'AwaitCancelled', { id })).answer.cancelled, true);

const cases = {
  async empty_unary() {
    assert.deepEqual((await unary(test, 'EmptyCall', {})).answer, {});
  },

  async large_unary() {
    const { answer } = await unary(test, 'UnaryCall', { response_size: 314159, payload: bytes(271828) });
    assert.equal(answer.payload.body.length, 314159);
  },

  async sixteen_mebibytes_both_ways() {
    const { answer } = await unary(test, 'UnaryCall', { response_size: 16 << 20, payload: bytes(16 << 20) });
    assert.equal(answer.payload.body.length, 16 << 20);
  },

  async client_streaming() {
    const sum = await new Promise((resolve, reject) => {
      const call = test.StreamingInputCall((error, answer) => (error ? reject(error) : resolve(answer.aggregated_payload_size)));
      for (const size of [27182, 8, 1828, 45904]) call.write({ payload: bytes(size) });
      call.end();
    });
    assert.equal(sum, 74922);
  },

  async server_streaming() {
    const sizes = [31415, 9, 2653, 58979];
    const answers = await messages(test.StreamingOutputCall(wanted(...sizes)));
    assert.deepEqual(answers.map((m) => m.payload.body.length), sizes);
  },

  async ping_pong() {
    const call = test.FullDuplexCall();
    for (const [answer, payload] of [[31415, 27182], [9, 8], [2653, 1828], [58979, 45904]]) {
      call.write({ ...wanted(answer), payload: bytes(payload) });
      const [message] = await once(call, 'data');
      assert.equal(message.payload.body.length, answer);
    }
    call.end();
    const [status] = await once(call, 'status');
    assert.equal(status.code, grpc.status.OK);
  },

  async empty_stream() {
    const call = test.FullDuplexCall();
    call.end();
    assert.deepEqual(await messages(call), []);
  },

  async cancel_after_begin() {
    const error = await failure(new Promise((resolve, reject) => {
      test.StreamingInputCall((e, answer) => (e ? reject(e) : resolve(answer))).cancel();
    }));
    has(error, grpc.status.CANCELLED);
  },

  async cancel_after_first_response() {
    const { id, meta } = named();
    const call = test.FullDuplexCall(meta);
    call.write({ ...wanted(31415), payload: bytes(27182) });
    await once(call, 'data');
    call.cancel();
    has(await failed(call), grpc.status.CANCELLED);
    await serverSawCancellation(id);
  },

  async timeout_on_sleeping_server() {
    const call = test.FullDuplexCall({ deadline: Date.now() + 1 });
    call.on('data', () => {});
    call.write({ payload: bytes(27182) });
    has(await failed(call), grpc.status.DEADLINE_EXCEEDED);
  },

  async status_code_and_message() {
    const response_status = { code: 2, message: 'test status message' };
    const error = await failure(unary(test, 'UnaryCall', { response_status }));
    assert.deepEqual([error.code, error.details], [2, 'test status message']);
    const call = test.FullDuplexCall();
    call.on('data', () => {});
    call.write({ response_status });
    call.end();
    const streamed = await failed(call);
    assert.deepEqual([streamed.code, streamed.details], [2, 'test status message']);
  },

  async special_status_message() {
    const message = '\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n';
    const error = await failure(unary(test, 'UnaryCall', { response_status: { code: 2, message } }));
    assert.deepEqual([error.code, error.details], [2, message]);
  },

  async unimplemented_method() {
    await fails(unary(test, 'UnimplementedCall', {}), grpc.status.UNIMPLEMENTED);
  },

  async unimplemented_service() {
    await fails(unary(client(UnimplementedService), 'UnimplementedCall', {}), grpc.status.UNIMPLEMENTED);
  },

  async custom_metadata() {
    const binary = Buffer.from([0xab, 0xab, 0xab, 0x00, 0xff]);
    const sent = metadata([
      ['x-grpc-test-echo-initial', 'test_initial_metadata_value'], ['x-grpc-test-echo-initial-bin', binary],
      ['x-grpc-test-echo-trailing', 'at the end'], ['x-grpc-test-echo-trailing', 'and again'], ['x-grpc-test-echo-trailing-bin', binary],
    ]);
    const check = (initial, trailing) => {
      assert.deepEqual(initial.get('x-grpc-test-echo-initial'), ['test_initial_metadata_value']);
      assert.deepEqual(initial.get('x-grpc-test-echo-initial-bin'), [binary]);
      // Values of one name may come as one line, joined (RFC 9110 section 5.3).
      assert.equal(trailing.get('x-grpc-test-echo-trailing').join(', '), 'at the end, and again');
      assert.deepEqual(trailing.get('x-grpc-test-echo-trailing-bin'), [binary]);
    };
    const { initial, status } = await unary(test, 'UnaryCall', { response_size: 314159, payload: bytes(271828) }, sent);
    check(initial, status.metadata);
    const call = test.FullDuplexCall(sent);
    const begun = once(call, 'metadata');
    const ended = once(call, 'status');
    call.write({ ...wanted(314159), payload: bytes(271828) });
    await once(call, 'data');
    call.end();
    check((await begun)[0], (await ended)[0].metadata);
  },

  async cancelled_calls_end_at_the_handler() {
    const { id, meta } = named();
    const call = test.StreamingInputCall(meta, () => {});
    call.write({ payload: bytes(10) });
    while (!(await unary(observer, 'Look', { id })).answer.started);
    call.cancel();
    await serverSawCancellation(id);
  },

  async deadlines_reach_the_handler() {
    const { id, meta } = named();
    await unary(test, 'EmptyCall', {}, meta, { deadline: Date.now() + 20_000 });
    const { milliseconds_left: left } = (await unary(observer, 'Look', { id })).answer;
    assert.ok(left > 5_000 && left <= 20_000, `${left} ms`);
    // One that passes on the way never reaches the handler: again, then.
    let late;
    do {
      late = named();
      const call = test.FullDuplexCall(late.meta, { deadline: Date.now() + 500 });
      call.on('data', () => {});
      has(await failed(call), grpc.status.DEADLINE_EXCEEDED);
    } while (!(await unary(observer, 'Look', { id: late.id })).answer.started);
    await serverSawCancellation(late.id);
  },

  async many_calls_on_one_connection() {
    const answers = await Promise.all(Array.from({ length: 300 }, (_, i) => unary(test, 'UnaryCall', { response_size: i, payload: bytes(i * 10) })));
    answers.forEach(({ answer }, i) => assert.equal(answer.payload.body.length, i));
  },

  async many_streams_on_one_connection() {
    const streams = Array.from({ length: 50 }, () => test.FullDuplexCall());
    for (let round = 0; round < 5; round++) {
      const answers = streams.map((call) => once(call, 'data'));
      streams.forEach((call, i) => call.write(wanted(i + round)));
      (await Promise.all(answers)).forEach(([m], i) => assert.equal(m.payload.body.length, i + round));
    }
    await Promise.all(streams.map((call) => { const end = once(call, 'status'); call.resume(); call.end(); return end; }));
  },

  async a_slow_reader_stops_the_sender_and_nobody_else() {
    const { id, meta } = named();
    const flood = client(Observer, { 'grpc.use_local_subchannel_pool': 1 }).Flood({ id }, meta);
    await once(flood, 'data');
    flood.pause();
    // The sender stalls once every window on the way is full: its count stands still across many other calls.
    let before = -1;
    for (let quiet = 0; quiet < 20;) {
      await unary(test, 'UnaryCall', { response_size: 1000, payload: bytes(1000) });
      const { written } = (await unary(observer, 'Look', { id })).answer;
      quiet = written === before ? quiet + 1 : 0;
      before = written;
    }
    assert.ok(before < 32 << 20, `${before} bytes were taken from the sender`);
    let taken = 0;
    flood.resume();
    flood.on('data', ({ body }) => { taken += body.length; if (taken > before) flood.cancel(); });
    has(await failed(flood), grpc.status.CANCELLED);
    await serverSawCancellation(id);
  },

  async reflection() {
    const call = client(ServerReflection).ServerReflectionInfo();
    call.write({ list_services: '' });
    const [list] = await once(call, 'data');
    const names = list.list_services_response.service.map((s) => s.name);
    assert.ok(names.includes('grpc.testing.TestService'), names.join());
    call.write({ file_containing_symbol: 'grpc.testing.TestService' });
    const [files] = await once(call, 'data');
    assert.ok(files.file_descriptor_response.file_descriptor_proto.length > 0);
    call.end();
    call.resume();
    await once(call, 'status');
  },

  async health() {
    const service = 'grpc.testing.TestService';
    const stub = client(Health);
    assert.equal((await unary(stub, 'check', { service })).answer.status, 'SERVING');
    await fails(unary(stub, 'check', { service: 'none' }), grpc.status.NOT_FOUND);
    const watch = stub.watch({ service });
    const seen = [];
    watch.on('error', () => {});
    for (const serving of [false, true]) {
      if (seen.length === 0) seen.push((await once(watch, 'data'))[0].status);
      const next = once(watch, 'data');
      await unary(observer, 'SetServing', { serving });
      seen.push((await next)[0].status);
    }
    watch.cancel();
    assert.deepEqual(seen.map((s) => (typeof s === 'string' ? s : ['UNKNOWN', 'SERVING', 'NOT_SERVING'][s])), ['SERVING', 'NOT_SERVING', 'SERVING']);
  },
};

const within = (promise, limit) => {
  let timer;
  const late = new Promise((_, reject) => { timer = setTimeout(() => reject(new Error(`no end after ${limit} ms`)), limit); });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
};

process.on('unhandledRejection', (error) => { console.log(`FAILED unhandled: ${error.stack}`); process.exit(1); });
let failures = 0;
for (const [name, run] of Object.entries(cases)) {
  try {
    await within(run(), 30_000);
    console.log(`ok ${name}`);
  } catch (error) {
    failures++;
    console.log(`FAILED ${name}: ${error.message}`);
  }
}
clients.forEach((c) => c.close());
process.exit(failures === 0 ? 0 : 1);
