/** The reading of Server-Sent Events, however the network cuts them. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createSseParser } from "../../web/src/connection/sse.ts";

function eventsOf(...pieces: string[]) {
  const parser = createSseParser();
  return pieces.flatMap((piece) => parser.push(piece));
}

describe("the SSE parser", () => {
  it("reads type, id and data of several lines", () => {
    expect(eventsOf("id: 3\nevent: generation\ndata: {\ndata: }\n\n")).toEqual([
      { type: "generation", data: "{\n}", id: "3" },
    ]);
  });

  it("keeps the id for later events, and forgets the type", () => {
    expect(eventsOf("id: 3\nevent: a\ndata: 1\n\ndata: 2\n\n")).toEqual([
      { type: "a", data: "1", id: "3" },
      { type: "message", data: "2", id: "3" },
    ]);
  });

  it("passes over comments, unknown fields, ids with NUL and events without data", () => {
    expect(eventsOf(": beat\n\nevent: a\n\nwhat: x\nid: a\0b\ndata\n\n")).toEqual([
      { type: "message", data: "", id: "" },
    ]);
  });

  it("passes over a byte order mark and takes one space off a value", () => {
    expect(eventsOf("\uFEFFdata:  a\n\n")[0]?.data).toBe(" a");
  });

  it("remembers how long the server asks to wait", () => {
    const parser = createSseParser();
    parser.push("retry: x\nretry: 1500\n\n");
    expect(parser.retryMs).toBe(1500);
  });

  it("gives the same events wherever the text is cut and however its lines end", () => {
    const text = ": beat\n\nid: 1\nevent: generation\ndata: a\ndata: b\n\nid: 2\ndata: c\n\n";
    const whole = eventsOf(text);
    expect(whole.length).toBe(2);
    fc.assert(
      fc.property(
        fc.constantFrom("\n", "\r\n", "\r"),
        fc.array(fc.nat({ max: 90 })),
        (ending, cuts) => {
          // What follows tells a lone CR from the half of a CRLF.
          const ended = `${text.replaceAll("\n", ending)}:`;
          const at = [0, ...cuts.filter((cut) => cut < ended.length).sort((a, b) => a - b)];
          const pieces = at.map((from, n) => ended.slice(from, at[n + 1]));
          expect(eventsOf(...pieces)).toEqual(whole);
        },
      ),
    );
  });
});
