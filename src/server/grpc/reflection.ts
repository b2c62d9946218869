/** Server reflection (grpc.reflection.v1 and v1alpha), from the same descriptors that serve the calls. */
import { type DescFile, type DescService, toBinary } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import type { Server } from "@grpc/grpc-js";
import type { PackageDefinition } from "@grpc/proto-loader";
import { ReflectionService } from "@grpc/reflection";

/** Lets clients ask `server` for `services`, `details` (types that errors carry), and what they import. */
export function addReflection(
  server: Server,
  services: readonly DescService[],
  details: readonly DescFile[],
): void {
  const files = new Map<string, Buffer>();
  for (const file of [...services.map((service) => service.file), ...details]) collect(file, files);
  // Of a definition, it looks at nothing but the files.
  const all = { fileDescriptorProtos: [...files.values()] } as PackageDefinition[string];
  const names = services.map(({ typeName }) => typeName);
  new ReflectionService({ all }, { services: names }).addToServer(server);
}

/** The file and all that it imports, as bytes by name. */
function collect(file: DescFile, into: Map<string, Buffer>): void {
  const { name } = file.proto;
  if (into.has(name)) return;
  into.set(name, Buffer.from(toBinary(FileDescriptorProtoSchema, file.proto)));
  for (const dependency of file.dependencies) collect(dependency, into);
}
