/** The same over TLS, on both ports: ALPN chooses the protocol, and what is not TLS is not answered. */
import { once } from "node:events";
import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import tls from "node:tls";
import { afterAll, describe, expect, it, onTestFinished } from "vitest";
import { Raw } from "../server/support.ts";
import { makeCertificate } from "../support/certificate.ts";
import { cases } from "./cases.ts";
import { faces } from "./faces.ts";
import { startWorld } from "./world.ts";

const folder = mkdtempSync(join(tmpdir(), "music-tls-"));
afterAll(() => rm(folder, { recursive: true, force: true }));
const { certFile, keyFile, cert } = makeCertificate(folder);
// What `fetch` trusts can be said in no other way.
tls.setDefaultCACertificates([...tls.getCACertificates("default"), cert.toString()]);
const settings = { TLS_CERT_FILE: certFile, TLS_KEY_FILE: keyFile };
const world = await startWorld({ settings }, cert);
const { endpoints } = world;
const ports = {
  "the one port": Number(new URL(endpoints.url).port),
  "the port of gRPC": Number(endpoints.grpcAddress.split(":")[1]),
};

const some = [
  "a call is answered",
  "fields that are wrong: VALIDATION_ERROR with all of them",
  "a stream: versions rise, and the terminal state comes last and once",
];

it("links begin with https", () => {
  expect(endpoints.url).toMatch(/^https:/);
});

it("answers ask to be reached by TLS alone", async () => {
  const { headers } = await fetch(`${endpoints.url}/v1/nothing`);
  expect(headers.get("strict-transport-security")).toBe("max-age=31536000");
});

describe.each(Object.entries(faces))("%s", (_name, open) => {
  const face = open(endpoints);
  afterAll(() => face.close());
  it.each(some)("%s", (name) => cases[name]?.(face, world));
});

async function connect(port: number, options: tls.ConnectionOptions): Promise<tls.TLSSocket> {
  const socket = tls.connect({
    host: "127.0.0.1",
    servername: "localhost",
    port,
    ca: cert,
    ...options,
  });
  onTestFinished(() => void socket.destroy());
  await once(socket, "secureConnect");
  return socket;
}

describe.each(Object.entries(ports))("%s", (_name, port) => {
  it("speaks HTTP/2 to who offers it", async () => {
    const { alpnProtocol } = await connect(port, { ALPNProtocols: ["h2", "http/1.1"] });
    expect(alpnProtocol).toBe("h2");
  });

  it("closes a connection that does not begin with TLS", async () => {
    const raw = await Raw.connect(port);
    raw.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    await raw.closed;
    expect(raw.text).not.toContain("HTTP/1.1");
  });

  it("refuses versions before TLS 1.2", async () => {
    const old = connect(port, { minVersion: "TLSv1", maxVersion: "TLSv1.1" });
    await expect(old).rejects.toThrow();
  });
});

it.each([["http/1.1"], []])("the one port speaks HTTP/1.1 to who offers %s", async (...offered) => {
  const protocols = offered.filter((name) => name !== undefined);
  const socket = await connect(ports["the one port"], {
    ...(protocols.length > 0 && { ALPNProtocols: protocols }),
  });
  socket.write("GET /nothing HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk as Buffer);
  expect(String(Buffer.concat(chunks))).toMatch(/^HTTP\/1\.1 404 /);
});
