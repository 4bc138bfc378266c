// What both ends of the gRPC-Web peers know of test.proto: TestService as connect-es describes it.
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createFileRegistry, fromBinary } from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import protoLoader from '@grpc/proto-loader';

const definition = protoLoader.loadSync(join(dirname(fileURLToPath(import.meta.url)), 'test.proto'), { keepCase: true });
const [file] = definition['grpc.testing.Empty'].fileDescriptorProtos.map((bytes) => fromBinary(FileDescriptorProtoSchema, bytes));
// Names come relative to the package; the registry wants them whole.
const whole = (name) => (name === '' || name.startsWith('.') ? name : `.${file.package}.${name}`);
for (const field of file.messageType.flatMap((m) => m.field)) field.typeName = whole(field.typeName);
for (const method of file.service.flatMap((m) => m.method)) {
  method.inputType = whole(method.inputType);
  method.outputType = whole(method.outputType);
}
const registry = createFileRegistry(file, () => undefined);

export const TestService = registry.getService('grpc.testing.TestService');
