// A process for tests to kill: it takes the lock of a data directory, says so, and keeps it.
// Argument: the lock's path. What it could not take it prints as the fault's code.

import { lockDataDirectory } from "../journal/lock.ts";
import { Fault } from "../signal/fault.ts";

const LONGER_THAN_ANY_TEST_MS = 600_000;

try {
  lockDataDirectory(process.argv[2]!);
  console.log("held");
  setTimeout(() => {}, LONGER_THAN_ANY_TEST_MS);
} catch (error) {
  console.log(error instanceof Fault ? error.code : String(error));
}
