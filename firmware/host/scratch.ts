// A directory for files that nobody keeps.

import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Whoever makes it removes it. */
export function makeScratchDirectory(): string {
  return mkdtempSync(join(tmpdir(), "telltale-"));
}
