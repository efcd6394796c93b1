// For tests: the product as a person runs it, in real processes on a directory of its own, and what
// is needed to look at it from outside.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { join, resolve } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { openSlotFile } from "../firmware/host/slot-file.ts";
import { hostTimers } from "../firmware/host/timers.ts";
import { StreamClient } from "../protocols/stream/client.ts";
import type { Hello, MeterState } from "../protocols/stream/frames.ts";
import { JournalReader } from "../runtime/journal/reader.ts";
import type { JournalRecord } from "../runtime/journal/record.ts";
import { type ScratchDirectory, scratchDirectory } from "../runtime/testing/scratch-directory.ts";
import { RegisterSlots, type SavedRegisters } from "../runtime/usage/register-slots.ts";

export const REPOSITORY = resolve(import.meta.dirname, "..");
const MAIN = join(REPOSITORY, "firmware/main.ts");
/** What is waited for comes within this, or the test fails; long, because CI machines are slow. */
const WAIT_MS_MAX = 30_000;
const LOOK_EVERY_MS = 15;
/** A clean stop takes at most 5 s. */
const STOP_MS_MAX = 8_000;
const PAGE_RECORDS = 1_000;

/** Looks until there is something. */
export async function until<Found>(
  look: () => Found | null | undefined | false | Promise<Found | null | undefined | false>,
  what: string,
  waitMsMax = WAIT_MS_MAX,
): Promise<Found> {
  const deadline = performance.now() + waitMsMax;
  while (performance.now() < deadline) {
    const found = await look();
    if (found !== null && found !== undefined && found !== false) return found;
    await pause(LOOK_EVERY_MS);
  }
  throw new Error(`waited in vain for ${what}`);
}

export async function freePort(): Promise<number> {
  const probe = createServer();
  probe.listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, "close");
  return port;
}

/** Monotonic milliseconds as the product counts them. */
export function mono(): number {
  return Number(process.hrtime.bigint() / 1_000_000n);
}

export interface Outcome {
  readonly status: number;
  readonly out: string;
  readonly error: string;
}

/** One controller: a directory for its data, a machine file, and the processes that run on them. */
export class Controller implements AsyncDisposable {
  readonly scratch: ScratchDirectory = scratchDirectory();
  readonly data = this.scratch.at("data");
  readonly file = this.scratch.at("machine.yaml");
  readonly #running = new Set<Run>();

  write(machine: string): void {
    writeFileSync(this.file, machine);
  }

  /** `telltale` with these arguments, beside whatever runs. */
  start(...args: readonly string[]): Run {
    const run = new Run(args, this.#environment(), this.scratch.path);
    this.#running.add(run);
    return run;
  }

  /** `telltale run` on the machine file. */
  run(): Run {
    return this.start("run", this.file, "--data", this.data);
  }

  /** A command that ends by itself. */
  async command(...args: readonly string[]): Promise<Outcome> {
    const run = this.start(...args);
    const status = (await run.ended).status ?? -1;
    return { status, out: run.out, error: run.error };
  }

  async state(): Promise<MeterState> {
    const { status, out, error } = await this.command("status", "--json", "--data", this.data);
    if (status !== 0) throw new Error(error);
    return JSON.parse(out) as MeterState;
  }

  /** Everything in the journal, read from the file. */
  records(): readonly JournalRecord[] {
    const reader = new JournalReader(join(this.data, "journal.sqlite"));
    try {
      const records: JournalRecord[] = [];
      for (let position = 0; ; ) {
        const page = reader.page(position, PAGE_RECORDS, {});
        if (page.to <= position) return records;
        records.push(...page.records.map((text) => JSON.parse(text) as JournalRecord));
        position = page.to;
      }
    } finally {
      reader.close();
    }
  }

  /** What the register slots hold; null before their first save. */
  async saved(): Promise<SavedRegisters | null> {
    const file = join(this.data, "registers.slots");
    if (!existsSync(file)) return null;
    const slots = new RegisterSlots(await openSlotFile(file));
    try {
      return await slots.open();
    } finally {
      await slots.close();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#running].map((run) => run.end()));
    this.scratch[Symbol.dispose]();
  }

  #environment(): NodeJS.ProcessEnv {
    const { TELLTALE_CI_RESULTS: _, ...environment } = process.env;
    return {
      ...environment,
      // Sockets of parallel tests lie apart, and are gone with the directory.
      RUNTIME_DIRECTORY: this.scratch.at("run"),
      TELLTALE_LOG_FORMAT: "plain",
    };
  }
}

/** One started process, and the children that it has by now. */
export class Run {
  readonly pid: number;
  readonly ended: Promise<{ readonly status: number | null; readonly signal: string | null }>;
  out = "";
  error = "";
  hasEnded = false;
  readonly #child: ChildProcess;

  constructor(args: readonly string[], env: NodeJS.ProcessEnv, cwd: string) {
    this.#child = spawn(process.execPath, [MAIN, ...args], {
      cwd,
      env,
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.pid = this.#child.pid!;
    this.#child.stdout!.on("data", (text: Buffer) => {
      this.out += text.toString();
    });
    this.#child.stderr!.on("data", (text: Buffer) => {
      this.error += text.toString();
    });
    // Not "close": a child that outlives us by a moment holds the same pipes.
    this.ended = once(this.#child, "exit").then(async ([status, signal]) => {
      this.hasEnded = true;
      await pause(0);
      return { status: status as number | null, signal: signal as string | null };
    });
  }

  /** The process of this name below this one; waits until there is one besides `not`. */
  child(name: "meter" | "gateway", not?: number): Promise<number> {
    return until(() => {
      if (this.hasEnded) throw new Error(`it has ended: ${this.error}`);
      return childrenOf(this.pid).find(({ args, pid }) => args.includes(name) && pid !== not)?.pid;
    }, `a ${name} process; it said: ${this.error}`);
  }

  /** Waits until it has said this on standard error. */
  said(words: string | RegExp): Promise<true> {
    return until(() => {
      const hasSaid =
        typeof words === "string" ? this.error.includes(words) : words.test(this.error);
      if (hasSaid) return true;
      if (this.hasEnded) throw new Error(`it ended and never said ${words}, but: ${this.error}`);
      return false;
    }, `"${words}"; it said: ${this.error}`);
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /**
   * Asks it to stop; gives how it ended. One that does not is ended by force, and says so by that.
   */
  async stop(): Promise<{ readonly status: number | null; readonly signal: string | null }> {
    this.kill("SIGTERM");
    const force = setTimeout(() => this.kill("SIGKILL"), STOP_MS_MAX);
    const how = await this.ended;
    clearTimeout(force);
    return how;
  }

  async end(): Promise<void> {
    if (!this.hasEnded) await this.stop();
  }
}

interface ProcessEntry {
  readonly pid: number;
  readonly args: readonly string[];
}

function childrenOf(parent: number): readonly ProcessEntry[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, "utf8");
        // The name in parentheses may hold spaces; state and parent follow it.
        const [state, ppid] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
        if (Number(ppid) !== parent || state === "Z") return [];
        const args = readFileSync(`/proc/${name}/cmdline`, "utf8").split("\0");
        return [{ pid: Number(name), args }];
      } catch {
        // It has ended while we looked.
        return [];
      }
    });
}

export function isAlive(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2)[0] !== "Z";
  } catch {
    // There is no such process any more.
    return false;
  }
}

/** Resident memory in bytes. */
export function residentBytes(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)![1]) * 1_024;
}

/** A platform that reads everything, and notes what it would have to complain about. */
export class Platform implements Disposable {
  readonly client: StreamClient;
  readonly records: JournalRecord[] = [];
  readonly gaps: string[] = [];
  readonly resets: string[] = [];
  readonly hellos: Hello[] = [];
  readonly downs: string[] = [];

  constructor(url: string) {
    this.client = new StreamClient({
      url,
      timers: hostTimers,
      random: Math.random,
      retryMaxMs: 200,
      onUp: (hello) => void this.hellos.push(hello),
      onDown: (reason) => void this.downs.push(reason),
    });
    this.client.open();
  }

  read(from: "oldest" | "newest" = "oldest", consumer?: string): this {
    this.client.readLog("all", {
      from,
      ...(consumer === undefined ? {} : { consumer }),
      onRecords: (records) => void this.records.push(...records),
      onGap: ({ from: first, to }) => void this.gaps.push(`${first}-${to}`),
      onReset: (old, epoch) => void this.resets.push(`${old} ${epoch}`),
    });
    return this;
  }

  wait<Found extends JournalRecord>(
    pick: (record: JournalRecord) => record is Found,
    what: string,
  ): Promise<Found>;
  wait(pick: (record: JournalRecord) => boolean, what: string): Promise<JournalRecord>;
  wait(pick: (record: JournalRecord) => boolean, what: string): Promise<JournalRecord> {
    return until(() => this.records.find(pick), what);
  }

  /** The positions that are not one more than the one before. */
  get jumps(): readonly string[] {
    return this.records.flatMap(({ seq }, index) => {
      const before = this.records[index - 1]?.seq;
      return before === undefined || seq === before + 1 ? [] : [`${before} → ${seq}`];
    });
  }

  [Symbol.dispose](): void {
    this.client.close();
  }
}

/** A machine with one simulated signal and quick commits. */
export function simulatedMachine(options: {
  readonly port: number;
  readonly wave?: string;
  readonly more?: string;
}): string {
  const { port, wave = "{ ramp: { min: 0, max: 1000, period: 10s } }", more = "" } = options;
  return `telltale: 1
machine: { maker: Example, model: Pump, serialNumber: "0001", location: Test bench }
buses: { script: { driver: simulated } }
devices: { pump: { bus: script, every: 50ms } }
signals:
  motorCurrent: { device: pump, wave: ${wave}, unit: A, heartbeat: 100ms }
usage:
  WORKING: { signal: motorCurrent, above: -1 }
journal: { commitEvery: 100ms }
endpoints: { http: { host: 127.0.0.1, port: ${port} } }
${more}`;
}

export function streamUrl(port: number): string {
  return `ws://127.0.0.1:${port}/stream`;
}

/** The status page's own document; null while nobody answers. */
export async function statusDocument(port: number): Promise<Record<string, unknown> | null> {
  try {
    const response = await fetch(`http://127.0.0.1:${port}/status.json`);
    return (await response.json()) as Record<string, unknown>;
  } catch {
    // Nobody listens there yet.
    return null;
  }
}
