/** Checks of what the service is made of: its settings, the SoundFont, the database, TLS. */
import type { Config } from "../../base/config.ts";
import { type Check, fault, ok, reasonOf, warning } from "./finding.ts";

// Loaded when it is asked for: it takes a moment.
const installation = () => import("../../compose-installation.ts");

const soundFont: Check = {
  name: "SoundFont",
  find: async () => {
    try {
      const bytes = await (await installation()).measureSoundFont();
      return ok(`${(bytes / 1e6).toFixed(1)} MB`);
    } catch (error) {
      return fault(reasonOf(error), "Restore it: `git checkout -- src/studio/soundfont`.");
    }
  },
};

function databaseCheck(uri: string): Check {
  return {
    name: "database",
    find: async () => {
      try {
        return ok(await (await installation()).lookAtDatabase(uri));
      } catch (error) {
        return fault(reasonOf(error), "Correct MONGODB_URI, or unset it to use the embedded one.");
      }
    },
  };
}

const mongod: Check = {
  name: "database",
  find: async () => {
    try {
      return ok(`embedded: ${await (await installation()).findMongod()}`);
    } catch (error) {
      // One that was named and is unfit is never passed over; that none is there is mended by a download.
      if ((error as { fault?: unknown }).fault === "bad-binary") {
        return fault(reasonOf(error), "Correct MONGOD_BINARY, or unset it.");
      }
      const advice =
        "The first start downloads one, with the network or pip. Or install MongoDB 6.0 or newer, or set " +
        "MONGOD_BINARY or MONGODB_URI.";
      return warning("embedded: no mongod is on this machine yet", advice);
    }
  },
};

function tls(config: Config): Check {
  return {
    name: "TLS",
    find: async () => {
      try {
        const has = await (await installation()).readTls(config);
        return ok(has ? "certificate and key fit" : "off: clear text");
      } catch (error) {
        return fault(reasonOf(error), "Correct TLS_CERT_FILE and TLS_KEY_FILE, or unset both.");
      }
    },
  };
}

export function partChecks(config: Config): readonly Check[] {
  const { MONGODB_URI: uri } = config;
  return [soundFont, uri === undefined ? mongod : databaseCheck(uri), tls(config)];
}
