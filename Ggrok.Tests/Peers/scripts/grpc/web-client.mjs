// Visitors with gRPC-Web over HTTP/1.1: node grpc/web-client.mjs URL; exits with 0 when everything was as it should be.
import assert from 'node:assert/strict';
import { Code, ConnectError, createClient } from '@connectrpc/connect';
import { createGrpcWebTransport } from '@connectrpc/connect-node';
import { TestService } from './web-service.mjs';

const [baseUrl] = process.argv.slice(2);
const test = createClient(TestService, createGrpcWebTransport({ baseUrl, httpVersion: '1.1' }));
const failure = (promise) => promise.then(() => assert.fail('the call succeeded'), ConnectError.from);

await test.emptyCall({});

let initial, trailing;
const answer = await test.unaryCall({ responseSize: 314159, payload: { body: new Uint8Array(271828) } }, {
  headers: { 'x-echo': 'sent' }, onHeader: (h) => { initial = h.get('x-initial'); }, onTrailer: (t) => { trailing = t.get('x-trailing'); },
});
assert.equal(answer.payload.body.length, 314159);
assert.deepEqual([initial, trailing], ['sent', 'sent']);

const sizes = [31415, 9, 2653, 58979];
const seen = [];
for await (const message of test.streamingOutputCall({ responseParameters: sizes.map((size) => ({ size })) })) seen.push(message.payload.body.length);
assert.deepEqual(seen, sizes);

// A status that comes before any message, and one that comes behind some, in the frame of trailers.
const message = 'with Unicode ☺ 😈';
const refused = await failure(test.unaryCall({ responseStatus: { code: Code.DataLoss, message } }));
assert.deepEqual([refused.code, refused.rawMessage], [Code.DataLoss, message]);
const begun = [];
const broken = await failure((async () => {
  for await (const m of test.streamingOutputCall({ responseParameters: [{ size: 7 }], responseStatus: { code: 1, message } })) begun.push(m.payload.body.length);
})());
assert.deepEqual([begun, broken.code, broken.rawMessage], [[7], Code.Aborted, message]);

assert.equal((await failure(test.unimplementedCall({}))).code, Code.Unimplemented);
process.exit(0);
