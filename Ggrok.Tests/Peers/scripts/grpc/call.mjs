// One call: node grpc/call.mjs URL unary|stream [SECONDS]; prints "READY" when a stream has brought its first message, and in
// the end "STATUS number message" and "ERROR name" with what the relay's header says.
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import grpc from '@grpc/grpc-js';
import protoLoader from '@grpc/proto-loader';

const [address, kind, seconds] = process.argv.slice(2);
const folder = dirname(fileURLToPath(import.meta.url));
const { TestService } = grpc.loadPackageDefinition(protoLoader.loadSync(join(folder, 'test.proto'))).grpc.testing;
const test = new TestService(new URL(address).host, grpc.credentials.createInsecure());
const options = seconds ? { deadline: Date.now() + Number(seconds) * 1000 } : {};
const call = kind === 'unary' ? test.EmptyCall({}, new grpc.Metadata(), options, () => {}) : test.StreamingOutputCall({}, new grpc.Metadata(), options);
call.on('data', () => console.log('READY'));
call.on('error', () => {});
call.on('status', ({ code, details, metadata }) => {
  console.log(`ERROR ${metadata.get('x-ggrok-error').join()}`);
  console.log(`STATUS ${code} ${details}`);
  process.exit(0);
});
