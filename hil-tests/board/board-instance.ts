// The product in the guest, started there as a service manager would and watched from here over the
// meter's own socket. When the board has booted again, whoever manages it starts it again.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hostTimers } from "../../firmware/host/timers.ts";
import { StreamClient } from "../../protocols/stream/client.ts";
import type { MeterState } from "../../protocols/stream/frames.ts";
import { JournalReader } from "../../runtime/journal/reader.ts";
import type { JournalRecord } from "../../runtime/journal/record.ts";
import { streamUrl } from "../instance.ts";
import { machineFile, observing } from "../observe.ts";
import type { Instance, MachineParts } from "../place.ts";
import type { AgentLink, GuestProcess } from "./agent-link.ts";
import type { Ended } from "./agent-words.ts";

export const TELLTALE = ["node", "/product/telltale/telltale.js"] as const;
/** Two Node processes under software emulation, on a machine that others use too. */
const START_MS_MAX = 90_000;
const STOP_MS_MAX = 20_000;
const HTTP_PORT = 8_420;
const PAGE_RECORDS = 1_000;

export class BoardInstance {
  readonly #link: AgentLink;
  readonly #file: string;
  readonly #data: string;
  readonly #runtime: string;
  #client: StreamClient | null = null;
  #process: GuestProcess | null = null;
  #records: readonly JournalRecord[] | null = null;
  #meterPort = 0;
  #httpPort = 0;
  #ups = 0;
  #onUp: () => void = () => {};

  constructor(link: AgentLink, number: number) {
    this.#link = link;
    this.#data = `/data/${number}`;
    this.#file = `/data/${number}.yaml`;
    this.#runtime = `/run/telltale-${number}`;
  }

  async open(parts: MachineParts): Promise<Instance> {
    await this.#link.write(this.#file, machineFile(parts, HTTP_PORT));
    await this.#link.run(`sync ${this.#file}`);
    this.#meterPort = await this.#link.openDoor(this.#runtime);
    this.#httpPort = await this.#link.openDoor(String(HTTP_PORT));
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
    this.#process = await this.#link.start([...TELLTALE, "run", this.#file, "--data", this.#data], {
      RUNTIME_DIRECTORY: this.#runtime,
      TELLTALE_LOG_FORMAT: "plain",
    });
    const timer = setTimeout(
      () => up.reject(new Error(`no meter within ${START_MS_MAX / 1_000} s`)),
      START_MS_MAX,
    );
    const ended = this.#process.ended.then(({ error }): never => {
      throw new Error(`telltale run ended: ${error}`);
    });
    ended.catch(() => {});
    try {
      await Promise.race([up.promise, ended]);
    } finally {
      clearTimeout(timer);
    }
  }

  get isStopped(): boolean {
    return this.#records !== null;
  }

  /** A clean stop; the journal is taken along to the host. Gives how the process ended. */
  async stop(): Promise<Ended | null> {
    if (this.#records !== null || this.#process === null) return null;
    this.#client?.close();
    // Nothing to stop where the power is off, or was and nobody started it again.
    if (!this.#link.isUp) {
      this.#records = [];
      return null;
    }
    await this.#link.signal(this.#process.pid, "SIGTERM");
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
        // Between two lives of the meter nobody answers; who looks again finds the next one.
        while (!client.hello) await new Promise((resolve) => setTimeout(resolve, 20));
        return (await client.get("state")) as MeterState;
      }),
      records: async () => this.#records ?? (await this.#streamRecords()),
      streamUrl: streamUrl(this.#httpPort),
      killMeter: () => this.#signalMeter("SIGKILL"),
      hangMeter: () => this.#signalMeter("SIGSTOP"),
      stop: async () => void (await this.stop()),
    };
  }

  async #signalMeter(signal: NodeJS.Signals): Promise<void> {
    const pattern = `telltale.js meter ${this.#file}`;
    const found = await this.#link.run(`busybox pgrep -f '${pattern}' | head -n1`);
    const pid = Number(found.trim());
    if (!(pid > 1)) throw new Error("there is no meter process in the guest");
    await this.#link.signal(pid, signal);
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
