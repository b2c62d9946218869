/**
 * What can go wrong with the database before it serves, as one class. Every message says what happened
 * and what to do about it, and none contains a credential: they are printed as they are.
 */
export type DatabaseFault =
  /** No step of the resolver gave a mongod that runs. */
  | "no-binary"
  /** MONGOD_BINARY names something that is no usable mongod. */
  | "bad-binary"
  /** Another service serves from this data folder. */
  | "folder-in-use"
  /** mongod did not start, or ended by itself and did not come back. */
  | "mongod-failed"
  /** The server of MONGODB_URI does not answer, or MONGODB_URI can't be read. */
  | "unreachable"
  /** The server answers, but is no replica set. */
  | "no-replica-set"
  /** The server answers, but is older than 6.0. */
  | "too-old";

export class DatabaseError extends Error {
  override readonly name = "DatabaseError";
  readonly fault: DatabaseFault;
  /** Whether waiting may help: the server may be about to start, or to become a replica set. */
  readonly passes: boolean;

  constructor(
    fault: DatabaseFault,
    message: string,
    options: ErrorOptions & { readonly passes?: boolean } = {},
  ) {
    super(message, options);
    this.fault = fault;
    this.passes = options.passes ?? false;
  }
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
