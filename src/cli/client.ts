/** The gRPC client of the commands that talk to a running service, and how it names errors to people. */
import {
  type Client,
  Code,
  ConnectError,
  createClient,
  type Interceptor,
} from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { type Command, Option } from "commander";
import { BadRequestSchema, LocalizedMessageSchema } from "../../gen/google/rpc/error_details_pb.ts";
import { MusicGenerations } from "../../gen/music/v1/music_generations_pb.ts";
import { CommandError } from "./exits.ts";

export type Service = Client<typeof MusicGenerations>;

export interface ClientOptions {
  readonly url: string;
  readonly apiKey?: string;
  readonly organization: string;
}

/** Adds the options that every client command takes; each has an environment variable. */
export function withClientOptions(command: Command): Command {
  return command
    .addOption(
      new Option("--url <url>", "the service").env("MUSIC_URL").default("http://127.0.0.1:8080"),
    )
    .addOption(new Option("--api-key <key>", "an API key").env("MUSIC_API_KEY"))
    .addOption(
      new Option("--organization <id>", "the organization")
        .env("MUSIC_ORGANIZATION")
        .default("org_abc123"),
    );
}

/** @throws CommandError when there is no key */
export function connect(options: ClientOptions): Service {
  if (!options.apiKey) {
    throw new CommandError(
      "denied",
      "There is no API key. Make one with `npm run -s cli -- keys create --organization " +
        `${options.organization} --user YOU\` and set MUSIC_API_KEY to it.`,
    );
  }
  const authenticate: Interceptor = (next) => (request) => {
    request.header.set("x-api-key", options.apiKey ?? "");
    return next(request);
  };
  return createClient(
    MusicGenerations,
    createGrpcTransport({ baseUrl: options.url, interceptors: [authenticate] }),
  );
}

/** What went wrong, in words for a person. */
export function explain(error: unknown): string {
  if (!(error instanceof ConnectError)) return (error as Error).message;
  const [localized] = error.findDetails(LocalizedMessageSchema);
  const lines = [localized?.message ?? error.rawMessage];
  for (const { fieldViolations } of error.findDetails(BadRequestSchema)) {
    lines.push(...fieldViolations.map(({ field, description }) => `  ${field}: ${description}`));
  }
  if (error.code === Code.Unavailable && !localized) {
    lines.push(
      "Is the service running? Start it with `npm start`, name it with --url, or ask `doctor`.",
    );
  }
  return lines.join("\n");
}
