// What a test needs from the machine it runs on. Where it is absent the test reports itself as
// skipped and says why, so that "not run" never looks like "passed".

import { spawnSync } from "node:child_process";
import { accessSync, constants, existsSync } from "node:fs";
import { delimiter, join, resolve } from "node:path";

/** The part of vitest's test context that is used here; `skip` throws. */
interface SkippableContext {
  skip(note?: string): never;
}

const PYTHON_PROBE_TIMEOUT_MS = 20_000;
const REPOSITORY = resolve(import.meta.dirname, "../..");

/** The path of a program on the path, else the test is skipped. */
export function requires(context: SkippableContext, program: string): string {
  return findProgram(program) ?? context.skip(`${program} is not installed`);
}

/**
 * A Python that can import every one of the modules, else the test is skipped. The system's own is
 * asked first: Debian's packages belong to it, whatever another Python stands before it on the
 * path.
 */
export function requiresPython(
  context: SkippableContext,
  ...modules: readonly [string, ...string[]]
): string {
  const candidates = ["/usr/bin/python3", findProgram("python3")].filter(
    (candidate) => candidate !== undefined && isProgram(candidate),
  ) as string[];
  const python = candidates.find((candidate) => canImport(candidate, modules));
  return python ?? context.skip(`no python3 with ${modules.join(", ")} is installed`);
}

/** The path of a file or folder among the recordings and vectors beside the repository. */
export function requiresShared(context: SkippableContext, path: string): string {
  const found = resolve(REPOSITORY, "../shared", path);
  return existsSync(found) ? found : context.skip(`../shared/${path} is not here`);
}

export function findProgram(program: string): string | undefined {
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  return folders.map((folder) => join(folder, program)).find(isProgram);
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    // Absent and not executable are the same answer here.
    return false;
  }
}

function canImport(python: string, modules: readonly string[]): boolean {
  const { status } = spawnSync(python, ["-c", `import ${modules.join(", ")}`], {
    stdio: "ignore",
    timeout: PYTHON_PROBE_TIMEOUT_MS,
  });
  return status === 0;
}
