/** What cannot be served is an error at start, and says where. */
import { expect, it } from "vitest";
import { BindingError, routerOf } from "../../src/gateway/index.ts";
import { routesOf } from "../../src/gateway/routes.ts";
import { serviceNamed } from "./library.ts";

it.each([
  ["BadTemplate", 'path template "/v1/{id", column 8: expected }'],
  ["NoField", 'path template "/v1/{id}/{below.nothing}", column 11: library.v1.Thing has no field'],
  ["RepeatedField", 'column 6: no text can set the field "many"'],
  ["MessageField", 'column 6: no text can set the field "below"'],
  ["GetBody", 'path template "/v1/x": GET cannot have a body'],
  ["Nested", 'path template "/v1/y": an additional binding cannot have additional bindings'],
  ["NestedBody", '"below.id" is not at the top level'],
  ["NoFraming", "needs gateway.v1.rest.stream"],
  ["ClientStream", "a client stream cannot have a binding"],
  ["WithAny", "google.protobuf.Any is not supported"],
  ["BadLocation", 'location "/v1/{name}": no scalar field "name"'],
  ["WildLocation", 'location "/v1/*/{id}": a wildcard without a field'],
  ["BadHeader", 'no text can set the field "map"'],
])("%s: %s", (name, problem) => {
  const start = () => routesOf(serviceNamed(name));
  expect(start).toThrow(BindingError);
  expect(start).toThrow(problem);
  expect(start).toThrow(`library.v1.${name}.Call: `);
});

it("two templates for the same paths, both quoted", () => {
  expect(() => routerOf(routesOf(serviceNamed("Conflict")))).toThrow(
    'library.v1.Conflict.Call: path template "/v1/{below.id=*}/x", column 6: ' +
      'GET matches the same paths as "/v1/{id}/x"',
  );
});
