// Where things lie on this controller.

import { createHash } from "node:crypto";
import { mkdirSync } from "node:fs";
import { homedir, tmpdir, userInfo } from "node:os";
import { join, resolve } from "node:path";

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
  readonly slots: string;
  readonly lock: string;
  readonly controllerId: string;
  readonly machineFile: string;
  readonly configuration: string;
  readonly restarts: string;
  readonly pki: string;
}

export function dataPaths(directory: string): DataPaths {
  return {
    directory,
    journal: join(directory, "journal.sqlite"),
    slots: join(directory, "registers.slots"),
    lock: join(directory, "lock.sqlite"),
    controllerId: join(directory, "controller-id"),
    machineFile: join(directory, "machine.yaml"),
    configuration: join(directory, "configuration.json"),
    restarts: join(directory, "restarts.json"),
    pki: join(directory, "pki"),
  };
}

/**
 * The meter's socket for one data directory: in the runtime directory, because paths there are
 * short.
 */
export function socketPath(directory: string): string {
  const given = process.env["RUNTIME_DIRECTORY"];
  const id = createHash("sha256").update(directory).digest("hex").slice(0, 12);
  const base =
    given ?? join(process.env["XDG_RUNTIME_DIR"] ?? tmpdir(), `telltale-${userInfo().uid}`);
  mkdirSync(base, { recursive: true, mode: 0o700 });
  const path = join(base, `meter-${id}.sock`);
  if (Buffer.byteLength(path) > SOCKET_PATH_MAX) return join(tmpdir(), `telltale-${id}.sock`);
  return path;
}
