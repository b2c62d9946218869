/** The certificate and key of both ports, read and checked once at start. */
import { readFile } from "node:fs/promises";
import { createSecureContext } from "node:tls";

/** A certificate chain and its private key, both PEM. */
export interface Certificate {
  readonly cert: Buffer;
  readonly key: Buffer;
}

/**
 * Reads both files and checks that they belong together.
 * @throws Error that names the setting and what is wrong
 */
export async function readCertificate(certFile: string, keyFile: string): Promise<Certificate> {
  const [cert, key] = await Promise.all([
    read("TLS_CERT_FILE", certFile),
    read("TLS_KEY_FILE", keyFile),
  ]);
  check("TLS_CERT_FILE", certFile, "a certificate", { cert });
  check("TLS_KEY_FILE", keyFile, "an unencrypted private key", { key });
  check("TLS_KEY_FILE", keyFile, "the key of the certificate", { cert, key });
  return { cert, key };
}

async function read(setting: string, file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new Error(`${setting}: ${file} cannot be read (${code})`, { cause: error });
  }
}

function check(setting: string, file: string, what: string, options: Partial<Certificate>): void {
  try {
    createSecureContext(options);
  } catch (error) {
    throw new Error(`${setting}: ${file} is not ${what} in PEM`, { cause: error });
  }
}
