/** A server that a run starts for itself and stops again. */
export interface Server {
  readonly version: string;
  /** How clients reach it. */
  readonly url: string;
  readonly pid: number;
  stop(): Promise<void>;
}

/** Why a server is not here; its queues are skipped with this word. */
export class ServerMissing extends Error {}
