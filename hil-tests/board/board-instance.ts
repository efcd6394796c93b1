// The product in the guest, started there as a service manager would and watched from here over the
// meter's own socket. Of its two processes the meter alone runs: it has the devices, the hours and
// the journal, and a second Node process would double the time that each start takes here.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { hostTimers } from "../../firmware/host/timers.ts";
import { StreamClient } from "../../protocols/stream/client.ts";
import type { MeterState } from "../../protocols/stream/frames.ts";
import { JournalReader } from "../../runtime/journal/reader.ts";
import type { JournalRecord } from "../../runtime/journal/record.ts";
import { streamUrl, until } from "../instance.ts";
import { machineFile, observing } from "../observe.ts";
import type { Instance, MachineParts } from "../place.ts";
import type { AgentLink, GuestProcess } from "./agent-link.ts";
import type { Ended } from "./agent-words.ts";

export const TELLTALE = ["node", "/product/telltale/telltale.js"] as const;
/** Two Node processes under software emulation, on a machine that others use too. */
const START_MS_MAX = 120_000;
const STOP_MS_MAX = 20_000;
/** As long as a service manager waits before it starts a process again. */
const RESTART_MS = 1_000;
/** The exit status of a program that can never work with what it was given. */
const BAD_USAGE = 2;
/** Nobody listens there: the board runs the meter alone. */
const NO_PORT = 8_420;
const PAGE_RECORDS = 1_000;

export class BoardInstance {
  readonly #link: AgentLink;
  readonly #file: string;
  readonly #data: string;
  readonly #runtime: string;
  #client: StreamClient | null = null;
  #process: GuestProcess | null = null;
  #isStopping = false;
  /** What the last process said, for who waits in vain. */
  #said = "";
  #records: readonly JournalRecord[] | null = null;
  #meterPort = 0;
  #ups = 0;
  #onUp: () => void = () => {};
  #onRefused: () => void = () => {};

  constructor(link: AgentLink, number: number) {
    this.#link = link;
    this.#data = `/data/${number}`;
    this.#file = `/data/${number}.yaml`;
    this.#runtime = `/run/telltale-${number}`;
  }

  async open(parts: MachineParts): Promise<Instance> {
    await this.#link.write(this.#file, machineFile(parts, NO_PORT));
    await this.#link.run(`sync ${this.#file}`);
    this.#meterPort = await this.#link.openDoor(this.#runtime);
    this.#client = new StreamClient({
      url: streamUrl(this.#meterPort),
      timers: hostTimers,
      random: Math.random,
      retryMaxMs: 200,
      onUp: () => {
        this.#ups += 1;
        this.#onUp();
      },
    });
    this.#client.open();
    await this.start();
    return this.#verbs();
  }

  /** Resolves when the meter answers. */
  async start(): Promise<void> {
    const ups = this.#ups;
    const up = Promise.withResolvers<void>();
    this.#onUp = () => {
      if (this.#ups > ups) up.resolve();
    };
    this.#onRefused = () => up.reject(new Error(`the meter refuses to start: ${this.#said}`));
    await this.#startMeter();
    const timer = setTimeout(
      () => up.reject(new Error(`no meter within ${START_MS_MAX / 1_000} s: ${this.#said}`)),
      START_MS_MAX,
    );
    try {
      await up.promise;
    } finally {
      clearTimeout(timer);
    }
  }

  /** As a unit with `Restart=always` does, until it is stopped. */
  async #startMeter(): Promise<void> {
    const command = [...TELLTALE, "meter", this.#file, "--data", this.#data];
    this.#process = await this.#link.start(command, {
      RUNTIME_DIRECTORY: this.#runtime,
      TELLTALE_LOG_FORMAT: "plain",
      // Node keeps here what it has compiled, from the first clean stop on.
      NODE_COMPILE_CACHE: "/data/compiled",
    });
    const again = async ({ error, status }: Ended) => {
      this.#said = error;
      if (status === BAD_USAGE) this.#onRefused();
      if (this.#isStopping || status === BAD_USAGE) return;
      await pause(RESTART_MS);
      if (!this.#isStopping && this.#link.isUp) await this.#startMeter();
    };
    // Rejects where the guest has ended; after the next boot it is started again.
    this.#process.ended.then(again).catch((error: unknown) => {
      this.#said = String(error);
    });
  }

  get isStopped(): boolean {
    return this.#records !== null;
  }

  /** A clean stop; the journal is taken along to the host. Gives how the process ended. */
  async stop(): Promise<Ended | null> {
    if (this.#records !== null || this.#process === null) return null;
    this.#isStopping = true;
    this.#client?.close();
    // Nothing to stop where the power is off, or was and nobody started it again.
    if (!this.#link.isUp) {
      this.#records = [];
      return null;
    }
    await this.#link.signal(this.#process.pid, "SIGTERM").catch(() => {
      // One that is not there any more has ended already.
    });
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(
      () => late.reject(new Error("telltale run did not stop")),
      STOP_MS_MAX,
    );
    try {
      const ended = await Promise.race([this.#process.ended, late.promise]);
      this.#records = await this.#copyRecords();
      return ended;
    } finally {
      clearTimeout(timer);
    }
  }

  #verbs(): Instance {
    const client = this.#client!;
    return {
      ...observing(async () => {
        // Between two lives of the meter nobody answers.
        await until(() => client.hello, `the meter; it said: ${this.#said}`, START_MS_MAX);
        return (await client.get("state")) as MeterState;
      }),
      records: async () => this.#records ?? (await this.#streamRecords()),
      streamUrl: streamUrl(this.#meterPort),
      killMeter: () => this.#signalMeter("SIGKILL"),
      hangMeter: () => this.#signalMeter("SIGSTOP"),
      stop: async () => void (await this.stop()),
    };
  }

  async #signalMeter(signal: NodeJS.Signals): Promise<void> {
    if (this.#process === null) throw new Error("there is no meter in the guest");
    await this.#link.signal(this.#process.pid, signal);
  }

  /** Everything up to now, as any reader of the stream gets it. */
  #streamRecords(): Promise<readonly JournalRecord[]> {
    const client = this.#client!;
    const records: JournalRecord[] = [];
    const name = `records-${Math.random()}`;
    const { promise, resolve } = Promise.withResolvers<readonly JournalRecord[]>();
    client.readLog(name, {
      from: "oldest",
      onRecords: (more) => void records.push(...more),
      onLive() {
        client.stop(name);
        resolve(records);
      },
    });
    return promise;
  }

  async #copyRecords(): Promise<readonly JournalRecord[]> {
    const folder = mkdtempSync(join(tmpdir(), "telltale-journal-"));
    try {
      const file = join(folder, "journal.sqlite");
      writeFileSync(file, await this.#link.read(`${this.#data}/journal.sqlite`));
      const reader = new JournalReader(file);
      const records: JournalRecord[] = [];
      for (let position = 0; ; ) {
        const page = reader.page(position, PAGE_RECORDS, {});
        if (page.to <= position) break;
        records.push(...page.records.map((text) => JSON.parse(text) as JournalRecord));
        position = page.to;
      }
      reader.close();
      return records;
    } finally {
      rmSync(folder, { recursive: true });
    }
  }
}
