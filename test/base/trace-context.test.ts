/** `traceparent`, by the examples and rules of W3C Trace Context. */
import { expect, it } from "vitest";
import { traceparentOf } from "../../src/base/trace-context.ts";

const [trace, parent] = ["4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"];

it.each([`00-${trace}-${parent}-01`, `00-${trace}-${parent}-00`, `cc-${trace}-${parent}-01-more`])(
  "%s is kept",
  (sent) => {
    expect(traceparentOf(sent)).toBe(sent);
  },
);

it.each([
  undefined,
  null,
  "",
  "rubbish",
  `00-${trace}-${parent}-01-more`,
  `00-${trace}-${parent}-01 `,
  `00-${trace}-${parent}-01\nforged`,
  `ff-${trace}-${parent}-01`,
  `00-${"0".repeat(32)}-${parent}-01`,
  `00-${trace}-${"0".repeat(16)}-01`,
  `00-${trace.toUpperCase()}-${parent}-01`,
  `cc-${trace}-${parent}-01-${"x".repeat(300)}`,
])("%j is not", (sent) => {
  expect(traceparentOf(sent)).toBeNull();
});
