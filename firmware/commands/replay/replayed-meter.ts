// The meter that a replay feeds: the one that `telltale run` runs, without its buses, in a
// directory and in a time of its own.

import type { ConfigurationStatus } from "../../../protocols/stream/frames.ts";
import type { Finding } from "../../../runtime/diagnosis/finding.ts";
import type { Log } from "../../../runtime/signal/log.ts";
import { ensureDirectory } from "../../host/files.ts";
import { dataPaths } from "../../host/paths.ts";
import { spawnThread } from "../../host/threads.ts";
import type { Machine } from "../../machine-file/machine.ts";
import { ClockWatch } from "../../meter/clock-watch.ts";
import { takeLock } from "../../meter/data-files.ts";
import { Meter } from "../../meter/meter.ts";
import { openMeterData } from "../../meter/meter-data.ts";
import { diagnosisStore, knowledgeOfProduct } from "../../meter/meter-process.ts";
import { Metering, type Recorder } from "../../meter/metering.ts";
import { Upkeep } from "../../meter/upkeep.ts";
import { AwaitedThread } from "./awaited-thread.ts";
import type { FeedTarget } from "./feeds.ts";
import type { VirtualTime } from "./virtual-time.ts";

/** What is written down meanwhile is bounded: this often it is waited for the disk. */
const FLUSH_EVERY_MS = 60_000;
/** Longest leap of time without waiting for the diagnosis thread. */
const LEAP_MS = 1_000;

/** Hears what a running meter would show. */
export interface ReplayEars {
  found(finding: Finding, at: number): void;
  gone(id: string, at: number): void;
  recorded: Recorder["record"];
}

export interface ReplayedMeterOptions {
  readonly directory: string;
  readonly machine: Machine;
  /** SHA-256 of the machine file. */
  readonly configuration: string;
  readonly file: string;
  readonly time: VirtualTime;
  readonly log: Log;
  readonly ears: ReplayEars;
  readonly cleanup: AsyncDisposableStack;
}

/** Metering whose findings are heard before they are long enough there to be alarms. */
class HeardMetering extends Metering {
  ears: ReplayEars | null = null;

  override finding(...[finding, at, ...rest]: Parameters<Metering["finding"]>): void {
    this.ears?.found(finding, at);
    super.finding(finding, at, ...rest);
  }

  override findingGone(...[id, at]: Parameters<Metering["findingGone"]>): void {
    this.ears?.gone(id, at);
    super.findingGone(id, at);
  }
}

export class ReplayedMeter implements FeedTarget {
  readonly meter: Meter;
  readonly #machine: Machine;
  readonly #time: VirtualTime;
  readonly #thread: AwaitedThread;
  readonly #flush: () => Promise<void>;
  #flushedAt = 0;
  #hasEnded = false;

  private constructor(
    { machine, time }: ReplayedMeterOptions,
    meter: Meter,
    thread: AwaitedThread,
    flush: () => Promise<void>,
  ) {
    this.#machine = machine;
    this.#time = time;
    this.meter = meter;
    this.#thread = thread;
    this.#flush = flush;
  }

  static async open(options: ReplayedMeterOptions): Promise<ReplayedMeter> {
    const { directory, machine, configuration, file, time, log, ears, cleanup } = options;
    ensureDirectory(directory);
    const paths = dataPaths(directory);
    const lock = takeLock(paths.lock, log);
    cleanup.defer(() => lock.release());
    const data = await openMeterData({
      paths,
      machine,
      configuration,
      clock: time,
      log,
      cleanup,
      onRecorded: () => undefined,
    });
    const { slots, journal, ledger } = data;
    const recorder: Recorder = {
      sample: (...sample) => journal.sample(...sample),
      record: (...record) => {
        ears.recorded(...record);
        journal.record(...record);
      },
    };
    const { keeper } = ledger;
    const metering = new HeardMetering({
      machine,
      clock: time,
      recorder,
      keeper,
      knowledge: knowledgeOfProduct(log),
      past: null,
      save: (state) => void slots.save(state),
    });
    metering.ears = ears;
    metering.recover(ledger.genesis);
    keeper.add("CONFIG", { file }, metering.moment());
    const upkeep = new Upkeep({
      machine,
      metering,
      clock: time,
      keeper,
      earlier: [],
      closedGap: null,
    });
    metering.alarms.serviceWitness = upkeep;
    const thread = new AwaitedThread(spawnThread);
    const inForce: ConfigurationStatus["inForce"] = "given";
    const meter = new Meter({
      machine: { ...machine, buses: [] },
      metering,
      upkeep,
      ledger,
      watch: new ClockWatch({
        clock: time,
        sinceBoot: () => null,
        events: { gap: () => undefined, anchor: () => undefined },
      }),
      journal: recorder,
      diagnosisStore: diagnosisStore(paths, log),
      controller: ledger.facts.controller,
      configuration: { file, inForce, sha256: configuration, problems: [] },
      clock: time,
      timers: time,
      log,
      spawn: thread.spawn,
    });
    const flush = async () => {
      await Promise.race([Promise.all([ledger.store.flush(), journal.flush()]), data.failed]);
    };
    const replayed = new ReplayedMeter(options, meter, thread, flush);
    cleanup.defer(() => replayed.end());
    meter.open();
    return replayed;
  }

  /** Lets time pass, as a meter does between two samples: ticks, looks, staleness. */
  async goTo(at: number): Promise<void> {
    while (this.#time.mono() < Math.floor(at)) {
      this.#time.advanceTo(Math.min(at, this.#time.mono() + LEAP_MS));
      await this.#thread.settled();
      if (this.#time.mono() - this.#flushedAt < FLUSH_EVERY_MS) continue;
      this.#flushedAt = this.#time.mono();
      await this.#flush();
    }
  }

  /** Settles all that was fed, as a meter does that is stopped. Harmless when called again. */
  async end(): Promise<void> {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    await this.meter.close();
    await this.#flush();
  }

  /** Everything that was fed by now is answered. */
  settled(): Promise<void> {
    return this.#thread.settled();
  }

  signal(index: number, value: number | null, at: number): void {
    const { intake } = this.meter.metering;
    const { scale, offset } = this.#machine.signals[index]!;
    // Intake wants what the device would have given.
    if (value === null) intake.reject(index, "sensor-fault", at);
    else intake.accept(index, (value - offset) / scale, at);
  }

  block(waveform: number, samples: Float32Array, count: number, at: number): void {
    this.meter.waveform(waveform).block(samples, count, at);
  }
}
