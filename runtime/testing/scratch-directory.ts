// A directory of its own for a test that needs real files; it is gone when the test's block ends.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface ScratchDirectory extends Disposable, AsyncDisposable {
  readonly path: string;
  /** The path of a file or folder inside. */
  at(...names: readonly string[]): string;
}

/**
 * `using scratch = scratchDirectory()`. The name is short: a socket's path has at most 108 bytes.
 */
export function scratchDirectory(): ScratchDirectory {
  const path = mkdtempSync(join(tmpdir(), "tt-"));
  // A process that was just killed may still be writing: the few retries outlast its last file.
  const remove = () => rmSync(path, { recursive: true, force: true, maxRetries: 5 });
  return {
    path,
    at: (...names) => join(path, ...names),
    [Symbol.dispose]: remove,
    async [Symbol.asyncDispose]() {
      remove();
    },
  };
}
