/** The entry of a measuring process: `child.ts MEASURE OPTIONS-AS-JSON`, answers by IPC. */
import type { FromChild } from "./processes.ts";

const [, , name, options] = process.argv;

function send(message: FromChild): Promise<void> {
  return new Promise((resolve) => process.send?.(message, () => resolve()));
}

process.on("disconnect", () => process.exit(1));
try {
  const { run } = await import(`./measures/${name}.ts`);
  const report = (value: unknown) => void send({ kind: "event", value });
  await send({ kind: "result", value: await run(JSON.parse(options ?? "{}"), report) });
} catch (error) {
  await send({ kind: "error", message: error instanceof Error ? String(error.stack) : "?" });
}
process.exit();
