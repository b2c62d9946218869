/** The certificate of both ports: what is wrong with it is said at start, by the setting's name. */
import { mkdtempSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { readCertificate } from "../../src/server/tls.ts";
import { makeCertificate } from "../support/certificate.ts";

const folder = mkdtempSync(join(tmpdir(), "music-tls-"));
const mine = makeCertificate(folder);
const other = makeCertificate(folder, "other");
const rubbish = join(folder, "rubbish.pem");
writeFileSync(rubbish, "not PEM at all");
afterAll(() => rm(folder, { recursive: true, force: true }));

it("is read when both files are what they should be", async () => {
  const { cert } = await readCertificate(mine.certFile, mine.keyFile);
  expect(cert).toEqual(mine.cert);
});

it.each([
  ["/nowhere/cert.pem", mine.keyFile, /^TLS_CERT_FILE: \/nowhere\/cert.pem cannot be read/],
  [mine.certFile, "/nowhere/key.pem", /^TLS_KEY_FILE: \/nowhere\/key.pem cannot be read/],
  [rubbish, mine.keyFile, /^TLS_CERT_FILE: .*rubbish.pem is not a certificate in PEM/],
  [mine.certFile, rubbish, /^TLS_KEY_FILE: .*rubbish.pem is not an unencrypted private key/],
  [mine.certFile, other.keyFile, /^TLS_KEY_FILE: .*other.key is not the key of the certificate/],
])("%s with %s is refused", async (certFile, keyFile, error) => {
  await expect(readCertificate(certFile, keyFile)).rejects.toThrow(error);
});
