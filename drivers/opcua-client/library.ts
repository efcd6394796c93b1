// The OPC UA library, loaded when the first connection is made: it takes most of a second and tens
// of megabytes. Its messages go into our log, bounded, because whoever holds the other end of the
// cable can make it complain.

import { stripVTControlCharacters } from "node:util";
import type { Clock } from "../../runtime/signal/instant.ts";
import type { Log } from "../../runtime/signal/log.ts";

export type Library = typeof import("node-opcua");

/** More than this in one minute is a storm, of which the first lines say everything. */
const LINES_PER_MINUTE_MAX = 20;
/** The library can write whole messages and stack traces. */
const LINE_CHARACTERS_MAX = 500;
const MINUTE_MS = 60_000;

/** The library writes on the console unless told otherwise; for all of its users at once. */
export async function loadLibrary(log: Log, clock: Clock): Promise<Library> {
  const library = await import("node-opcua");
  let windowStart = clock.mono();
  let lines = 0;
  const write = (...parts: unknown[]): void => {
    if (clock.mono() - windowStart >= MINUTE_MS) {
      windowStart = clock.mono();
      lines = 0;
    }
    if (++lines > LINES_PER_MINUTE_MAX) return;
    const text = stripVTControlCharacters(parts.map(String).join(" ")).replace(/\s+/g, " ");
    // What matters of it arrives as a Fault: here it is for whoever looks closer.
    log.debug("The OPC UA library says:", { text: text.slice(0, LINE_CHARACTERS_MAX) });
  };
  library.setWarningLogger(write);
  library.setErrorLogger(write);
  return library;
}
