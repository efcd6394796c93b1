// A group of lines: takes them all at start, gives them back with the outputs in their safe state
// at the end, and tells levels and pulses at a bounded rate in between.

import { Fault, reasonOf } from "../../runtime/signal/fault.ts";
import type { Clock, Mono } from "../../runtime/signal/instant.ts";
import type { Log } from "../../runtime/signal/log.ts";
import { sleep, type Timer, type Timers } from "../../runtime/signal/timers.ts";
import type { Device, DeviceContext } from "../driver.ts";
import type { GpioBackend, HeldLine, Level, LineListener } from "./backend.ts";
import { notLookedAt } from "./faults.ts";
import { type LineGroup, lineGroups } from "./line-groups.ts";
import {
  CountPoint,
  InputPoint,
  type LinePoint,
  OutputPoint,
  PointSink,
  RatePoint,
} from "./points.ts";
import type { DeviceSettings, PointSettings } from "./settings.ts";

export interface Platform {
  readonly backend: () => GpioBackend;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly log: Log;
  /** Outputs are looked at and not driven. */
  readonly onlyLooks: boolean;
}

export type GpioDeviceContext = DeviceContext<DeviceSettings, PointSettings>;

/** A pin with a long cable and a weak resistor needs this long to show what was written. */
const READ_BACK_AFTER_MS = 5;
const SECONDS_PER_MINUTE = 60;
/** The kernel keeps 1,024 pulses of a line: at this pace none is lost below 20,000 a second. */
const DRAIN_EVERY_MS = 50;

/** A line that is ours, and what its edges and levels mean. */
interface TakenLine {
  readonly group: LineGroup;
  readonly line: HeldLine;
  readonly points: readonly LinePoint[];
}

export class GpioDevice implements Device {
  readonly #context: GpioDeviceContext;
  readonly #platform: Platform;
  readonly #sinks: readonly PointSink[];
  /** By point, over all starts of this process. */
  readonly #counts = new Map<number, CountPoint>();
  #taken: readonly TakenLine[] = [];
  #ticks: readonly Timer[] = [];
  #repeatedAt: Mono = 0;
  #starting: Promise<void> | null = null;
  #releasing: Promise<void> = Promise.resolve();
  #isClosed = false;
  /** What a line said while the others were still being taken. */
  #lossAtStart: Error | null = null;

  constructor(context: GpioDeviceContext, platform: Platform) {
    this.#context = context;
    this.#platform = platform;
    this.#sinks = context.points.map((_, index) => new PointSink(context.sink, index));
  }

  start(): Promise<void> {
    this.#starting ??= this.#begin().finally(() => {
      this.#starting = null;
    });
    return this.#starting;
  }

  async write(point: number, raw: number): Promise<void> {
    const { name, settings } = this.#context.points[point]!;
    if (settings.output === undefined) {
      throw writeRefused(`${name} is not an output`, "Give it the role `output`, or write another");
    }
    if (raw !== 0 && raw !== 1) {
      throw writeRefused(`${name} takes 0 or 1, not ${raw}`, "Mind the signal's `scale`");
    }
    const taken = this.#taken.find(({ group }) => group.indexes.includes(point));
    if (taken === undefined) throw notHeld(name);
    const { line, group } = taken;
    line.set(raw);
    this.#context.wire.sent(`${group.title} = ${raw}`);
    const level = await this.#readBack(line, raw);
    this.#sinks[point]!.sample(level, this.#platform.clock.mono());
    if (level === raw) return;
    const message = `${name}: ${group.title} was set to ${raw} and has ${level}`;
    throw writeRefused(message, "Is the pin short-circuited, or driven from outside");
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#release();
    await this.#starting?.catch((error: unknown) => {
      this.#platform.log.debug("a start ended with its bus", { reason: reasonOf(error) });
    });
    await this.#releasing;
  }

  async #begin(): Promise<void> {
    // What was lost before is free again before it is taken.
    await this.#releasing;
    if (this.#taken.length > 0) return;
    if (this.#isClosed) throw notHeld(this.#context.name);
    this.#lossAtStart = null;
    const { backend, clock, timers, onlyLooks } = this.#platform;
    const chosen = backend();
    const groups = lineGroups(this.#context.points, await chosen.chips(), onlyLooks);
    const taken: TakenLine[] = [];
    try {
      for (const group of groups) {
        if (group.isLeftAlone) {
          this.#tellLeftAlone(group);
          continue;
        }
        taken.push(await this.#take(chosen, group));
        if (this.#isClosed) throw notHeld(this.#context.name);
        if (this.#lossAtStart !== null) throw this.#lossAtStart;
      }
    } catch (error) {
      await this.#giveBack(taken);
      throw error;
    }
    if (this.#isClosed) throw notHeld(this.#context.name);
    this.#taken = taken;
    const { repeat, report } = this.#context.settings;
    this.#ticks = [
      timers.every(DRAIN_EVERY_MS, () => this.#drain()),
      timers.every(report, () => this.#report()),
    ];
    this.#repeatedAt = clock.mono() - repeat;
    this.#report();
    if (this.#lossAtStart === null) return;
    this.#release();
    throw this.#lossAtStart;
  }

  #tellLeftAlone({ indexes, title }: LineGroup): void {
    const at = this.#platform.clock.mono();
    for (const index of indexes) this.#sinks[index]!.bad("not-connected", at, notLookedAt(title));
  }

  async #take(backend: GpioBackend, group: LineGroup): Promise<TakenLine> {
    const points = group.indexes.map((index) => this.#makePoint(index, group.title));
    const { wire } = this.#context;
    const listener: LineListener = {
      // Hot path: some thousand per second and line.
      edge: (level, atMs, sequence) => {
        if (wire.isTraced) wire.received(`${group.title} → ${level} at ${atMs} ms, #${sequence}`);
        for (let index = 0; index < points.length; index++) {
          points[index]!.edge(level, atMs, sequence);
        }
      },
      lost: (error) => this.#lose(error),
    };
    return { group, points, line: await backend.request(group.request, listener) };
  }

  #makePoint(index: number, line: string): LinePoint {
    const { name, settings } = this.#context.points[index]!;
    const parts = { sink: this.#sinks[index]!, title: `${name} (${line})` };
    if (settings.count) {
      const count = new CountPoint(parts, this.#counts.get(index)?.sum ?? 0);
      this.#counts.set(index, count);
      return count;
    }
    const rate = settings.frequency ?? settings.speed;
    if (rate !== undefined) {
      const perRevolution = settings.speed?.pulsesPerRevolution;
      return new RatePoint({
        ...parts,
        windowMs: rate.window,
        timeoutMs: rate.timeout,
        factor: perRevolution === undefined ? 1 : SECONDS_PER_MINUTE / perRevolution,
        startedAt: this.#platform.clock.mono(),
      });
    }
    return settings.output === undefined ? new InputPoint(parts) : new OutputPoint(parts);
  }

  #drain(): void {
    for (const { line } of this.#taken) line.drain();
  }

  #report(): void {
    const { repeat, report } = this.#context.settings;
    const at = this.#platform.clock.mono();
    // Half a report early is nearer than half a report late.
    const isRepeat = at - this.#repeatedAt >= repeat - report / 2;
    if (isRepeat) this.#repeatedAt = at;
    this.#drain();
    try {
      // Draining may have shown that the chip is gone: nothing is taken then.
      for (const { line, points } of this.#taken) {
        for (const point of points) point.report(at, isRepeat, line);
      }
    } catch (error) {
      this.#lose(error);
    }
  }

  async #readBack(line: HeldLine, wanted: Level): Promise<Level> {
    const level = line.level();
    if (level === wanted) return level;
    await sleep(this.#platform.timers, READ_BACK_AFTER_MS);
    return line.level();
  }

  #lose(error: unknown): void {
    const fault = error instanceof Error ? error : new Error(reasonOf(error));
    if (this.#starting !== null) {
      this.#lossAtStart = fault;
      return;
    }
    if (this.#taken.length === 0) return;
    this.#release();
    this.#context.sink.lost(fault);
  }

  #release(): void {
    for (const tick of this.#ticks) tick.cancel();
    this.#ticks = [];
    const taken = this.#taken;
    this.#taken = [];
    this.#releasing = Promise.all([this.#releasing, this.#giveBack(taken)]).then(() => {});
  }

  /** Outputs first and at once; then the lines. */
  async #giveBack(taken: readonly TakenLine[]): Promise<void> {
    this.makeSafe(taken);
    await Promise.all(taken.map(({ line }) => line.release()));
  }

  /** At once, without waiting for anything: also on the way out of a process that fails. */
  makeSafe(taken = this.#taken): void {
    for (const { group, line } of taken) {
      if (group.safe === null) continue;
      try {
        line.set(group.safe);
      } catch (error) {
        // Its chip is gone: the other outputs are not to wait for it.
        const reason = reasonOf(error);
        this.#platform.log.warn(`${group.title} could not be put into its safe state`, { reason });
      }
    }
  }
}

function writeRefused(message: string, remedy: string): Fault {
  return new Fault("WRITE_REFUSED", `${message}.`, `${remedy}.`);
}

function notHeld(name: string): Fault {
  return new Fault(
    "BUS_CLOSED",
    `${name}: the lines of this device are not held at the moment.`,
    "Look at the device's state; it is started again by itself.",
  );
}
