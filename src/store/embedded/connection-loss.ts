/**
 * Whether an error means that the connection was lost, so that nobody knows if the operation took
 * place. The driver retries most of these once; when mongod is killed some get through, because a write
 * to a socket that closes in the same instant (Unix sockets do so readily) fails with the bare error of
 * the operating system, which the driver neither wraps nor retries (7.9.0, `Connection.writeCommand`).
 */
import {
  MongoBulkWriteError,
  MongoError,
  MongoNetworkError,
  MongoServerError,
  MongoServerSelectionError,
} from "mongodb";

const bareCodes = ["EPIPE", "ECONNRESET", "ECONNREFUSED", "ENOENT"];

/**
 * The codes of a server that steps down or shuts down, of one that cannot reach another, and of a write
 * that did not come to a majority in time.
 */
const goingAway = [6, 7, 64, 89, 91, 134, 189, 262, 9001, 10107, 11600, 11602, 13435, 13436];

export function isConnectionLoss(error: unknown): boolean {
  if (error instanceof MongoNetworkError || error instanceof MongoServerSelectionError) return true;
  // The driver makes a bulk write's error of any other, of which only the message is left, without a code.
  if (error instanceof MongoBulkWriteError && error.code === undefined) return true;
  // What the driver would try again.
  if (error instanceof MongoError && error.hasErrorLabel("RetryableWriteError")) return true;
  if (error instanceof MongoServerError) {
    // A bulk write passes the operating system's word on as its code.
    return goingAway.includes(Number(error.code)) || bareCodes.includes(String(error.code));
  }
  const { code, syscall } = error as NodeJS.ErrnoException;
  return syscall !== undefined && code !== undefined && bareCodes.includes(code);
}
