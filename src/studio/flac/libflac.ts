/** libFLAC, compiled to WebAssembly in the npm package `libflacjs`; as much of its interface as we use. */
import { createRequire } from "node:module";

/** STREAMINFO, as libFLAC knows it at the end. */
export interface StreamInfo {
  readonly min_blocksize: number;
  readonly max_blocksize: number;
  readonly min_framesize: number;
  readonly max_framesize: number;
  readonly total_samples: number;
  /** Hexadecimal. */
  readonly md5sum: string;
}

type OnData = (data: Uint8Array, bytes: number, samples: number) => void;

export interface LibFlac {
  isReady(): boolean;
  on(event: "ready", listener: () => void): void;
  create_libflac_encoder(rate: number, channels: number, bits: number, level: number): number;
  init_encoder_stream(
    id: number,
    onData: OnData,
    onInfo: (info: StreamInfo) => void,
    ogg: false,
  ): number;
  FLAC__stream_encoder_process_interleaved(id: number, samples: Int32Array, n: number): boolean;
  FLAC__stream_encoder_finish(id: number): boolean;
  FLAC__stream_encoder_delete(id: number): void;
}

let loading: Promise<LibFlac> | null = null;

/** The library, loaded once for each thread. */
export function libFlac(): Promise<LibFlac> {
  loading ??= load();
  return loading;
}

async function load(): Promise<LibFlac> {
  const { fetch } = globalThis;
  // Where there is a `fetch`, the library takes the place for a browser and its path for an address.
  Reflect.set(globalThis, "fetch", undefined);
  let flac: LibFlac;
  try {
    const require = createRequire(import.meta.url);
    flac = require("libflacjs/dist/libflac.min.wasm.js") as LibFlac;
  } finally {
    Reflect.set(globalThis, "fetch", fetch);
  }
  if (!flac.isReady()) await new Promise<void>((resolve) => flac.on("ready", resolve));
  return flac;
}
