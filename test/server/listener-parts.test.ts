/** The small parts of the listener, by themselves. */
import { describe, expect, test } from "vitest";
import { Admission, addressKey } from "../../src/server/listener/admission.ts";
import { checkIntervalMs, defaultListenerLimits } from "../../src/server/listener/limits.ts";
import { formatHttp1Answer } from "../../src/server/listener/protocol-error.ts";
import { protocolOf } from "../../src/server/listener/sniff.ts";
import { http2Preface } from "./support.ts";

test.each([
  ["192.0.2.1", "192.0.2.1"],
  ["::ffff:192.0.2.1", "192.0.2.1"],
  ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2"],
  ["2001:db8:1:2::7", "2001:db8:1:2"],
  ["2001:db8::1", "2001:db8:0:0"],
  ["::1", "0:0:0:0"],
  ["fe80::1%eth0", "fe80:0:0:0"],
])("the address %s counts as %s", (address, key) => {
  expect(addressKey(address)).toBe(key);
});

describe("admission", () => {
  test("counts each address and all, and forgets those who left", () => {
    const admission = new Admission({
      ...defaultListenerLimits,
      maxConnections: 3,
      maxConnectionsPerAddress: 2,
    });
    const enter = (address: string) => admission.enter(address);
    expect(["a", "a", "a", "b", "c"].map(enter)).toEqual([true, true, false, true, false]);
    admission.leave("a");
    expect(admission.total).toBe(2);
    expect(["a", "c"].map(enter)).toEqual([true, false]);
  });
});

test("every beginning of the preface is undecided, all of it HTTP/2, anything else HTTP/1.1", () => {
  for (let length = 0; length < http2Preface.length; length += 1) {
    const beginning = http2Preface.slice(0, length);
    expect(protocolOf(Buffer.from(beginning))).toBeNull();
    expect(protocolOf(Buffer.from(`${beginning}~`))).toBe("http1");
  }
  expect(protocolOf(Buffer.from(http2Preface))).toBe("http2");
  expect(protocolOf(Buffer.from(`${http2Preface}more`))).toBe("http2");
});

test("an answer counts its bytes, not its characters", () => {
  const text = formatHttp1Answer({ status: 408, headers: { "x-a": "b" }, body: "ä" });
  expect(text).toBe(
    "HTTP/1.1 408 Request Timeout\r\nx-a: b\r\nContent-Length: 2\r\nConnection: close\r\n\r\nä",
  );
});

test("deadlines are looked at often enough, and not too often", () => {
  expect(checkIntervalMs(defaultListenerLimits)).toBe(200);
  expect(checkIntervalMs({ ...defaultListenerLimits, bodyMs: 100 })).toBe(20);
  expect(checkIntervalMs({ ...defaultListenerLimits, bodyMs: 1 })).toBe(5);
});
