// A gRPC-Web service over HTTP/1.1: node grpc/web-server.mjs; prints "PORT n" when ready.
import http from 'node:http';
import { Code, ConnectError } from '@connectrpc/connect';
import { connectNodeAdapter } from '@connectrpc/connect-node';
import { TestService } from './web-service.mjs';

const zeros = (size) => ({ payload: { body: new Uint8Array(size) } });
const routes = (router) => router.service(TestService, {
  emptyCall: () => ({}),
  unaryCall(request, context) {
    context.responseHeader.set('x-initial', context.requestHeader.get('x-echo') ?? '');
    context.responseTrailer.set('x-trailing', context.requestHeader.get('x-echo') ?? '');
    if (request.responseStatus?.code) throw new ConnectError(request.responseStatus.message, request.responseStatus.code);
    return zeros(request.responseSize);
  },
  async* streamingOutputCall(request) {
    for (const { size } of request.responseParameters) yield zeros(size);
    if (request.responseStatus?.code) throw new ConnectError(request.responseStatus.message, Code.Aborted);
  },
});
const server = http.createServer(connectNodeAdapter({ routes, connect: false, grpc: false }));
server.listen(0, '127.0.0.1', () => console.log(`PORT ${server.address().port}`));
process.on('SIGTERM', () => process.exit(0));
