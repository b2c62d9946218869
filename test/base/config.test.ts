import { describe, expect, it } from "vitest";
import { ConfigError, readConfig } from "../../src/base/config.ts";

describe("the settings", () => {
  it("have defaults for everything, and an empty value counts as unset", () => {
    expect(readConfig({ PORT: "", OTHER: "x" })).toMatchObject({
      HOST: "127.0.0.1",
      PORT: 8080,
      GRPC_PORT: 50_051,
      WORKER_CONCURRENCY: 2,
      LOG_LEVEL: "info",
    });
  });

  it("list every fault at once, by name", () => {
    const read = () =>
      readConfig({
        PORT: "99999",
        LOG_LEVEL: "loud",
        PUBLIC_URL: "ftp://x",
        SIGNING_SECRET: "short",
      });
    expect(read).toThrow(ConfigError);
    for (const name of ["PORT", "LOG_LEVEL", "PUBLIC_URL", "SIGNING_SECRET"]) {
      expect(read).toThrow(new RegExp(`^  ${name}: `, "m"));
    }
  });

  it("need a signing secret with a database of one's own", () => {
    expect(() => readConfig({ MONGODB_URI: "mongodb://db/" })).toThrow(/SIGNING_SECRET/);
  });

  it("need certificate and key together", () => {
    expect(() => readConfig({ TLS_KEY_FILE: "key.pem" })).toThrow(/TLS_CERT_FILE/);
  });

  it("take origins as a browser sends them, and nothing like them", () => {
    const read = (text: string) => readConfig({ CORS_ORIGINS: text }).CORS_ORIGINS;
    expect(read("")).toEqual([]);
    expect(read("https://a.example, http://localhost:5173")).toEqual([
      "https://a.example",
      "http://localhost:5173",
    ]);
    expect(read("*")).toEqual(["*"]);
    for (const wrong of [
      "a.example",
      "https://a.example/",
      "https://a.example/path",
      "https://a.example:443",
      "https://*.example",
      "https://A.example",
      "https://user@a.example",
      "null",
      "ftp://a.example",
      "https://a.example;https://b.example",
    ]) {
      expect(() => read(wrong), wrong).toThrow(/CORS_ORIGINS/);
    }
  });
});
