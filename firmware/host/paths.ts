// Where things lie on this controller.

import { createHash } from "node:crypto";
import { accessSync, constants, lstatSync, mkdirSync } from "node:fs";
import { homedir, tmpdir, userInfo } from "node:os";
import { join, resolve } from "node:path";
import { Fault, reasonOf } from "../../runtime/signal/fault.ts";

/** A Unix socket's path has at most 108 bytes with its final zero. */
const SOCKET_PATH_MAX = 107;

/** `--data`, else what systemd gives, else a directory of the user's own. */
export function dataDirectory(given: string | undefined): string {
  const state = process.env["STATE_DIRECTORY"];
  const home = process.env["XDG_DATA_HOME"] ?? join(homedir(), ".local", "share");
  return resolve(given ?? state ?? join(home, "telltale"));
}

export interface DataPaths {
  readonly directory: string;
  readonly journal: string;
  readonly ledger: string;
  readonly slots: string;
  /** Directory of the device's private keys. */
  readonly keys: string;
  readonly lock: string;
  readonly controllerId: string;
  /** Directory of the contracts that came with instructions. */
  readonly contracts: string;
  /** Directory of the waveforms that were kept with alarms. */
  readonly waveforms: string;
  /** What the diagnosis has learned. */
  readonly learned: string;
  readonly machineFile: string;
  readonly configuration: string;
  readonly restarts: string;
  readonly pki: string;
}

export function dataPaths(directory: string): DataPaths {
  return {
    directory,
    journal: join(directory, "journal.sqlite"),
    ledger: join(directory, "ledger.sqlite"),
    slots: join(directory, "registers.slots"),
    keys: join(directory, "keys"),
    lock: join(directory, "lock.sqlite"),
    contracts: join(directory, "contracts"),
    controllerId: join(directory, "controller-id"),
    waveforms: join(directory, "waveforms"),
    learned: join(directory, "learned.json"),
    machineFile: join(directory, "machine.yaml"),
    configuration: join(directory, "configuration.json"),
    restarts: join(directory, "restarts.json"),
    pki: join(directory, "pki"),
  };
}

/**
 * The meter's socket for one data directory: in the runtime directory, because paths there are
 * short.
 * @param warn hears of a runtime directory that cannot be used; another one is taken then.
 * @throws Fault DATA_UNUSABLE where there is no directory that is this user's alone.
 */
export function socketPath(directory: string, warn: (message: string) => void = () => {}): string {
  const id = createHash("sha256").update(directory).digest("hex").slice(0, 12);
  const name = `meter-${id}.sock`;
  const runtime = runtimeDirectory();
  if (runtime !== null) {
    const [variable, base, unusable] = runtime;
    const path = join(base, name);
    const problem = unusable ?? problemOfLength(path);
    if (problem === null) return path;
    warn(`${variable}: ${base} ${problem}; the socket goes into the directory for temporary files`);
  }
  const base = join(tmpdir(), `telltale-${userInfo().uid}`);
  const problem = problemOfPrivateDirectory(base);
  if (problem !== null) {
    throw new Fault(
      "DATA_UNUSABLE",
      `the meter's socket has no safe place: ${base} ${problem}`,
      "remove it, or set XDG_RUNTIME_DIR to a directory that belongs to this user alone",
    );
  }
  const short = [join(base, name), join(base, id)].find((path) => problemOfLength(path) === null);
  if (short !== undefined) return short;
  const remedy = "set XDG_RUNTIME_DIR or TMPDIR to a directory with a shorter path";
  throw new Fault("DATA_UNUSABLE", `the path of the meter's socket in ${base} is too long`, remedy);
}

/** What systemd gives to the service, or to the user who is logged in. */
function runtimeDirectory(): readonly [name: string, base: string, problem: string | null] | null {
  const given = process.env["RUNTIME_DIRECTORY"];
  const session = process.env["XDG_RUNTIME_DIR"];
  if (given) return ["RUNTIME_DIRECTORY", given, problemOfServiceDirectory(given)];
  if (!session) return null;
  const base = join(session, `telltale-${userInfo().uid}`);
  return ["XDG_RUNTIME_DIR", base, problemOfPrivateDirectory(base)];
}

function problemOfLength(path: string): string | null {
  return Buffer.byteLength(path) > SOCKET_PATH_MAX ? "has too long a path" : null;
}

/** One that systemd made may be open to a group; it has to take our socket, nothing more. */
function problemOfServiceDirectory(base: string): string | null {
  try {
    makeDirectory(base);
    if (!lstatSync(base).isDirectory()) return "is no directory";
    accessSync(base, constants.W_OK | constants.X_OK);
    return null;
  } catch (error) {
    return `cannot be used (${reasonOf(error)})`;
  }
}

/**
 * Anybody may make a name in the directory for temporary files, before we do: what stands there is
 * trusted only where it is a directory of ours that is closed to all others.
 */
function problemOfPrivateDirectory(base: string): string | null {
  try {
    makeDirectory(base);
    const stats = lstatSync(base);
    if (!stats.isDirectory()) return "is no directory";
    if (stats.uid !== userInfo().uid) return "belongs to another user";
    return (stats.mode & 0o077) === 0 ? null : "is open to other users";
  } catch (error) {
    return `cannot be used (${reasonOf(error)})`;
  }
}

/** Without its parents: under /proc Node looks for the first that can be made without end. */
function makeDirectory(directory: string): void {
  try {
    mkdirSync(directory, { mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
}
