// Reads what the kernel shows as files, bounded. A read of such a file can take long, because the
// kernel asks a chip meanwhile, and it cannot be called off: a bus that hangs keeps the thread that
// reads. Node has four such threads for everything, so few are lent out, each file is read once at
// a time, and who waits for it gives up after a while.

import { readdir, readFile, realpath, stat, statfs } from "node:fs/promises";
import { join } from "node:path";
import { Fault, type FaultCode, reasonOf } from "../../runtime/signal/fault.ts";
import type { Timers } from "../../runtime/signal/timers.ts";
import type { Wire } from "../../runtime/signal/wire.ts";

/** Together one below the four threads: whatever hangs, one is left for everything else. */
const CHIP_READS_MAX = 2;
/** The kernel converts one thermometer of a 1-wire bus at a time in any case. */
const ONE_WIRE_READS_MAX = 1;

/** A round of a dozen thermometers at 750 ms each, and more. */
const TURN_WAIT_MS_MAX = 30_000;

/** The kernel gives one page; the largest file that is read here, /proc/mounts, has a few more. */
const TEXT_CHARACTERS_MAX = 256 * 1_024;

export type LaneName = "chip" | "oneWire";

/** Lets so many through at a time; the others wait in order. */
class Lane {
  #free: number;
  readonly #waiting = new Set<() => void>();

  constructor(readsMax: number) {
    this.#free = readsMax;
  }

  /** Resolves to whether there was a turn, or not within the time, or not before `giveUps` ran. */
  enter(waitMs: number, timers: Timers, giveUps: Set<() => void>): Promise<boolean> {
    if (this.#free > 0) {
      this.#free -= 1;
      return Promise.resolve(true);
    }
    return new Promise((resolve) => {
      const end = (hasTurn: boolean) => {
        timer.cancel();
        this.#waiting.delete(turn);
        giveUps.delete(giveUp);
        resolve(hasTurn);
      };
      const turn = () => end(true);
      const giveUp = () => end(false);
      const timer = timers.after(waitMs, giveUp);
      this.#waiting.add(turn);
      giveUps.add(giveUp);
    });
  }

  leave(): void {
    const [next] = this.#waiting;
    if (next === undefined) {
      this.#free += 1;
    } else {
      next();
    }
  }
}

/** The threads belong to the process, and so do the lanes: all buses share them. */
const LANES: Readonly<Record<LaneName, Lane>> = {
  chip: new Lane(CHIP_READS_MAX),
  oneWire: new Lane(ONE_WIRE_READS_MAX),
};

/** Reads that have begun and not ended, by path: at most one for each file that is asked for. */
const UNDER_WAY = new Map<string, Promise<unknown>>();

export interface ReadOptions {
  readonly lane: LaneName;
  readonly timeoutMs: number;
  readonly wire: Wire;
}

export interface DiskSpace {
  readonly bytes: number;
  readonly freeBytes: number;
  readonly inodes: number;
  readonly freeInodes: number;
}

export class KernelFiles {
  readonly #root: string;
  readonly #timers: Timers;
  /** What ends each wait that is going on. */
  readonly #giveUps = new Set<() => void>();
  #isClosed = false;

  /** The root is `/`; a test gives a folder that looks like it. */
  constructor(root: string, timers: Timers) {
    this.#root = root;
    this.#timers = timers;
  }

  /**
   * Reads a file behind which there may be a chip: in its lane and bounded. Rejects with a `Fault`.
   */
  async read(path: string, options: ReadOptions): Promise<string> {
    options.wire.sent(path);
    const text = await this.#bounded(path, options, () => readFile(path, "utf8"));
    options.wire.received(text.slice(0, TEXT_CHARACTERS_MAX));
    return text.slice(0, TEXT_CHARACTERS_MAX);
  }

  /** Space of the file system that is mounted there; a network's may hang like a chip. */
  async space(path: string, options: ReadOptions): Promise<DiskSpace> {
    const { bsize, blocks, bavail, files, ffree } = await this.#bounded(
      `statfs ${path}`,
      options,
      () => statfs(path),
    );
    return {
      bytes: bsize * blocks,
      // What others than the superuser may still take.
      freeBytes: bsize * bavail,
      inodes: files,
      freeInodes: ffree,
    };
  }

  /** What the kernel knows without asking any chip: names, types, /proc. Rejects with a `Fault`. */
  async known(path: string): Promise<string> {
    try {
      return (await readFile(path, "utf8")).slice(0, TEXT_CHARACTERS_MAX);
    } catch (error) {
      throw await this.#faultOf(path, error);
    }
  }

  /** Like `known`; null where the file is not there. */
  async knownOrNull(path: string): Promise<string | null> {
    try {
      return (await this.known(path)).trim();
    } catch (error) {
      if (error instanceof Fault && error.code === "BUS_UNREACHABLE") return null;
      throw error;
    }
  }

  /** The names in a folder, in order; none where there is no such folder. */
  async list(path: string): Promise<readonly string[]> {
    try {
      const names = await readdir(path);
      return names.sort((one, other) => one.localeCompare(other, "en", { numeric: true }));
    } catch (error) {
      if (isAbsent(error)) return [];
      throw await this.#faultOf(path, error);
    }
  }

  /** Where the links lead: the path that a chip keeps while its number changes. */
  async real(path: string): Promise<string | null> {
    try {
      return await realpath(path);
    } catch (error) {
      if (isAbsent(error)) return null;
      throw await this.#faultOf(path, error);
    }
  }

  /** Ends every wait. A read that hangs in the kernel stays behind with its thread. */
  close(): void {
    this.#isClosed = true;
    for (const giveUp of [...this.#giveUps]) giveUp();
  }

  path(...names: readonly string[]): string {
    return join(this.#root, ...names);
  }

  async #bounded<T>(key: string, options: ReadOptions, work: () => Promise<T>): Promise<T> {
    if (this.#isClosed) throw closed();
    if (!UNDER_WAY.has(key)) {
      const lane = LANES[options.lane];
      const hasTurn = await lane.enter(TURN_WAIT_MS_MAX, this.#timers, this.#giveUps);
      if (this.#isClosed) {
        if (hasTurn) lane.leave();
        throw closed();
      }
      if (!hasTurn) throw tookTooLong(key, TURN_WAIT_MS_MAX, "waited for its turn");
      // Another may have begun the same while this one waited.
      if (UNDER_WAY.has(key)) lane.leave();
      else UNDER_WAY.set(key, begin(key, lane, work));
    }
    // Who comes while a file is being read has a share in that read: a hung one stays the only one.
    return await this.#inTime(key, UNDER_WAY.get(key) as Promise<T>, options.timeoutMs);
  }

  async #inTime<T>(key: string, attempt: Promise<T>, timeoutMs: number): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const late = () => reject(tookTooLong(key, timeoutMs, "has not been answered"));
    const timer = this.#timers.after(timeoutMs, late);
    const giveUp = () => reject(closed());
    this.#giveUps.add(giveUp);
    attempt.then(resolve, reject);
    try {
      return await promise;
    } catch (error) {
      throw await this.#faultOf(key, error);
    } finally {
      timer.cancel();
      this.#giveUps.delete(giveUp);
    }
  }

  async #faultOf(path: string, error: unknown): Promise<Fault> {
    if (error instanceof Fault) return error;
    const errorCode = (error as NodeJS.ErrnoException).code ?? "";
    const code = CODES[errorCode] ?? "BUS_EXCEPTION";
    if (code === "BUS_FORBIDDEN") return await this.#forbidden(path, error);
    return new Fault(code, `${path} cannot be read: ${reasonOf(error)}.`, REMEDIES[code]!, {
      cause: error,
    });
  }

  async #forbidden(path: string, cause: unknown): Promise<Fault> {
    const group = await this.#groupThatMay(path);
    return new Fault(
      "BUS_FORBIDDEN",
      `${path} may not be read by this user${group ? `, but by the group ${group}` : ""}.`,
      group
        ? `Put the user into the group ${group}, and start again.`
        : "Only the superuser may read it: a udev rule or tmpfiles.d can let a group in.",
      { cause },
    );
  }

  /** Null where no group may read it, or where not even that can be asked. */
  async #groupThatMay(path: string): Promise<string | null> {
    try {
      const { mode, gid } = await stat(path);
      return (mode & 0o040) === 0 ? null : await this.#groupName(gid);
    } catch {
      // The folder above is closed as well; who may open that one is not known here.
      return null;
    }
  }

  async #groupName(gid: number): Promise<string> {
    const lines = ((await this.knownOrNull(this.path("etc/group"))) ?? "").split("\n");
    const line = lines.find((each) => each.split(":")[2] === String(gid));
    return line?.split(":")[0] ?? String(gid);
  }
}

/** Forgotten, and its thread free again, only when the kernel has answered. */
function begin<T>(key: string, lane: Lane, work: () => Promise<T>): Promise<T> {
  return work().finally(() => {
    UNDER_WAY.delete(key);
    lane.leave();
  });
}

const CODES: Readonly<Record<string, FaultCode>> = {
  ENOENT: "BUS_UNREACHABLE",
  ENOTDIR: "BUS_UNREACHABLE",
  ENODEV: "BUS_UNREACHABLE",
  // What I2C buses say of a chip that does not acknowledge.
  ENXIO: "BUS_UNREACHABLE",
  EREMOTEIO: "BUS_UNREACHABLE",
  EIO: "BUS_UNREACHABLE",
  ETIMEDOUT: "BUS_TIMEOUT",
  EBADMSG: "BUS_CHECKSUM",
  EACCES: "BUS_FORBIDDEN",
  EPERM: "BUS_FORBIDDEN",
};

const REMEDIES: Readonly<Record<string, string>> = {
  BUS_UNREACHABLE: "Look at the chip's supply and wires, and into the kernel's log.",
  BUS_TIMEOUT: "Is the I2C or 1-wire line held low? Look into the kernel's log.",
  BUS_CHECKSUM: "Shorten the wires, or take a stronger pull-up.",
  BUS_EXCEPTION: "The chip's driver has no value now; the kernel's log may say why.",
};

function tookTooLong(key: string, ms: number, what: string): Fault {
  return new Fault(
    "BUS_TIMEOUT",
    `${key} ${what} for ${ms} ms.`,
    "Is the I2C or 1-wire line held low? Look into the kernel's log.",
  );
}

function closed(): Fault {
  return new Fault("BUS_CLOSED", "The bus is being closed.", "Start the meter again.");
}

function isAbsent(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === "ENOENT" || code === "ENOTDIR";
}
