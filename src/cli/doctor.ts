/** `doctor`: whether the installation is fit, and what to do where it is not. */
import type { Command } from "commander";
import { ConfigError, readConfig } from "../base/config.ts";
import { type ClientOptions, withClientOptions } from "./client.ts";
import { type Check, type Finding, fault, ok } from "./doctor/finding.ts";
import { dataFolderCheck, nodeCheck, portChecks } from "./doctor/machine.ts";
import { partChecks } from "./doctor/parts.ts";
import { isAlive, serviceChecks } from "./doctor/service.ts";
import { setExit } from "./exits.ts";
import { type OutputOptions, print, withExamples, withOutputOptions } from "./output.ts";

type Options = ClientOptions & OutputOptions;

/** Without valid settings only what does not depend on them is looked at. */
function checksFor(options: Options): readonly Check[] {
  const node = nodeCheck(process.versions.node);
  try {
    const config = readConfig(process.env);
    const scheme = config.TLS_CERT_FILE === undefined ? "http" : "https";
    const own = `${scheme}://${config.HOST}:${config.PORT}`;
    return [
      node,
      { name: "settings", find: async () => ok("valid") },
      dataFolderCheck(config.DATA_DIR),
      ...partChecks(config),
      ...portChecks(config, async () => (await isAlive(own)) || (await isAlive(options.url))),
      ...serviceChecks(options),
    ];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const advice = "Correct them in the environment; docs/reference/configuration.md has them all.";
    const settings = { name: "settings", find: async () => fault(error.message, advice) };
    return [node, settings, ...serviceChecks(options)];
  }
}

const marks: Readonly<Record<Finding["state"], string>> = {
  ok: "ok     ",
  warning: "note   ",
  fault: "MEND   ",
};

function show(name: string, finding: Finding): void {
  print(`${marks[finding.state]} ${name}: ${finding.found.replaceAll("\n", "\n        ")}`);
  if (finding.state !== "ok") print(`        → ${finding.advice}`);
}

async function doctor(options: Options): Promise<void> {
  const findings: (Finding & { readonly check: string })[] = [];
  for (const { name, find } of checksFor(options)) {
    const finding = await find();
    findings.push({ check: name, ...finding });
    if (!options.json && !(options.quiet && finding.state !== "fault")) show(name, finding);
  }
  if (options.json) print(JSON.stringify(findings));
  setExit(findings.some(({ state }) => state === "fault") ? "failed" : "ok");
}

/** Adds the command to `program`. */
export function addDoctorCommand(program: Command): void {
  const command = withClientOptions(program.command("doctor"))
    .description("Look whether everything is fit, and say what to do where it is not")
    .action(doctor);
  withOutputOptions(command, "print what was found as an array", "only what has to be mended");
  withExamples(command, "music doctor", "music doctor --json");
}
