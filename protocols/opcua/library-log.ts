// The library's own messages, in our log instead of on the console. Anybody who can reach the port
// can make the library complain, so how much of it is written is bounded.

import { stripVTControlCharacters } from "node:util";
import { setErrorLogger, setWarningLogger } from "node-opcua";
import type { Clock } from "../../runtime/signal/instant.ts";
import type { Log } from "../../runtime/signal/log.ts";

/** More than this in one minute is a storm, of which the first lines say everything. */
const LINES_PER_MINUTE_MAX = 20;
/** The library can write whole messages and stack traces. */
const LINE_CHARACTERS_MAX = 500;
const MINUTE_MS = 60_000;

export function routeLibraryLog(log: Log, clock: Clock): void {
  let windowStart = clock.mono();
  let lines = 0;
  let suppressed = 0;
  const write = (level: "warn" | "error", parts: readonly unknown[]): void => {
    const now = clock.mono();
    if (now - windowStart >= MINUTE_MS) {
      if (suppressed > 0) log.warn("Messages of the OPC UA library were left out.", { suppressed });
      windowStart = now;
      lines = 0;
      suppressed = 0;
    }
    if (lines >= LINES_PER_MINUTE_MAX) {
      suppressed++;
      return;
    }
    lines++;
    const text = stripVTControlCharacters(parts.map(String).join(" ")).replace(/\s+/g, " ");
    log[level]("The OPC UA library says:", { text: text.slice(0, LINE_CHARACTERS_MAX) });
  };
  setWarningLogger((...parts: unknown[]) => write("warn", parts));
  setErrorLogger((...parts: unknown[]) => write("error", parts));
}
