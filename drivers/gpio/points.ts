// What the edges and levels of a line mean to one point: a level, a count, a rate, an output. No
// I/O: edges come in, samples go out, bounded in number whatever the line does.

import { Fault } from "../../runtime/signal/fault.ts";
import type { Mono } from "../../runtime/signal/instant.ts";
import type { Reason } from "../../runtime/signal/quality.ts";
import type { Sink } from "../driver.ts";
import type { Level, LineState } from "./backend.ts";
import { EdgeSequence } from "./edge-sequence.ts";
import { EdgeStorm } from "./edge-storm.ts";
import { PulseRate, type PulseRateLimits } from "./pulse-rate.ts";

/** A point of a line that is read. */
export interface LinePoint {
  /** Told of each edge at once. */
  edge(level: Level, atMs: number, sequence: number | null): void;
  /** Once in each `report`, after the waiting edges; `isRepeat` when `repeat` is over as well. */
  report(at: Mono, isRepeat: boolean, line: LineState): void;
}

/** The sink of one point. Instants never go back: a level may be read before its edge is told. */
export class PointSink {
  readonly #sink: Sink;
  readonly #point: number;
  #latest: Mono = 0;

  constructor(sink: Sink, point: number) {
    this.#sink = sink;
    this.#point = point;
  }

  sample(raw: number, at: Mono): void {
    this.#sink.sample(this.#point, raw, this.#notBefore(at));
  }

  bad(reason: Reason, at: Mono, fault?: Fault): void {
    this.#sink.bad(this.#point, reason, this.#notBefore(at), fault);
  }

  #notBefore(at: Mono): Mono {
    this.#latest = Math.max(this.#latest, at);
    return this.#latest;
  }
}

/** What each kind of point is made from. */
export interface PointParts {
  readonly sink: PointSink;
  /** What the machine file and a person call it, for messages. */
  readonly title: string;
}

/** Follows a level: each edge is a sample at its own instant. */
export class InputPoint implements LinePoint {
  readonly #parts: PointParts;
  readonly #sequence = new EdgeSequence();
  readonly #storm = new EdgeStorm();
  #wasStorm = false;

  constructor(parts: PointParts) {
    this.#parts = parts;
  }

  edge(level: Level, atMs: number, sequence: number | null): void {
    const { sink, title } = this.#parts;
    const at = Math.floor(atMs);
    const lost = this.#sequence.lostBefore(sequence);
    const isStorm = this.#storm.take(atMs);
    if (isStorm && !this.#wasStorm) sink.bad("overrun", at, stormFault(title));
    this.#wasStorm = isStorm;
    if (isStorm) return;
    if (lost > 0) sink.bad("overrun", at, lostFault(title, lost, "What the line did is unknown"));
    sink.sample(level, at);
  }

  report(at: Mono, isRepeat: boolean, line: LineState): void {
    if (!isRepeat) return;
    const isStorm = !this.#storm.isOver(at);
    this.#wasStorm = isStorm;
    if (isStorm) this.#parts.sink.bad("overrun", at, stormFault(this.#parts.title));
    else this.#parts.sink.sample(line.level(), at);
  }
}

/** The pulses since the bus was started. */
export class CountPoint implements LinePoint {
  readonly #parts: PointParts;
  readonly #edges = new PulseEdges();
  /** What the edges before this line was taken come to. */
  readonly #before: number;
  #counted = 0;
  /** Pulses that the kernel was interrupted for and told no edge of. */
  #untold = 0;
  #told: number | null = null;

  /** A chip that was gone begins to number again; the sum goes on where it stood. */
  constructor(parts: PointParts, sum: number) {
    this.#parts = parts;
    this.#before = sum;
  }

  get sum(): number {
    return this.#before + this.#counted + this.#untold;
  }

  /** Hot path: some thousand per second and line. */
  edge(level: Level, _atMs: number, sequence: number | null): void {
    if (!this.#edges.isPulse(level, sequence)) return;
    this.#counted++;
    // An edge that is told late takes the place of its interrupt.
    if (this.#untold > 0) this.#untold--;
  }

  report(at: Mono, isRepeat: boolean, line: LineState): void {
    const { sink, title } = this.#parts;
    const untold = (line.interrupts() ?? 0) - this.#edges.numbered;
    this.#untold = Math.max(this.#untold, untold);
    const lost = this.#edges.takeLost();
    // The lost are told and not added: what overflows the queue is more often a contact that
    // bounces than a machine, and a count is what somebody pays for.
    if (lost > 0) sink.bad("overrun", at, lostFault(title, lost, "They are not counted"));
    if (lost > 0 || (!isRepeat && this.sum === this.#told)) return;
    this.#told = this.sum;
    sink.sample(this.sum, at);
  }
}

export interface RatePointParts extends PointParts, PulseRateLimits {
  /** What one pulse per second is in the unit of the point. */
  readonly factor: number;
  readonly startedAt: Mono;
}

/** Pulses per second, or a multiple of it: revolutions per minute. */
export class RatePoint implements LinePoint {
  readonly #parts: RatePointParts;
  readonly #edges = new PulseEdges();
  readonly #rate: PulseRate;
  /** Interrupts at the report before, and those of them that no edge was ever told of. */
  #interrupts = 0;
  #merged = 0;

  constructor(parts: RatePointParts) {
    this.#parts = parts;
    this.#rate = new PulseRate(parts, parts.startedAt);
  }

  /** Hot path: some thousand per second and line. */
  edge(level: Level, atMs: number, sequence: number | null): void {
    if (this.#edges.isPulse(level, sequence)) this.#rate.pulse(atMs);
  }

  report(at: Mono, _isRepeat: boolean, line: LineState): void {
    const { sink, title, factor } = this.#parts;
    // What interrupted before the last report has become an edge by now, or never will.
    const merged = Math.max(this.#merged, this.#interrupts - this.#edges.numbered);
    const lost = this.#edges.takeLost() + (merged - this.#merged);
    this.#merged = merged;
    this.#interrupts = line.interrupts() ?? 0;
    if (lost > 0) {
      this.#rate.restart(at);
      sink.bad("overrun", at, lostFault(title, lost, "The rate is measured anew"));
      return;
    }
    const perSecond = this.#rate.at(at);
    if (perSecond === null) sink.bad("settling", at);
    else sink.sample(perSecond * factor, at);
  }
}

/** The level of an output is read back, so that what it says is what the line has. */
export class OutputPoint implements LinePoint {
  readonly #parts: PointParts;

  constructor(parts: PointParts) {
    this.#parts = parts;
  }

  edge(): void {}

  report(at: Mono, isRepeat: boolean, line: LineState): void {
    if (isRepeat) this.#parts.sink.sample(line.level(), at);
  }
}

/** Of the edges of a line, those that are pulses, and how many were lost since somebody asked. */
class PulseEdges {
  readonly #sequence = new EdgeSequence();
  #lost = 0;
  /** Edges that the kernel has numbered, those included that its queue had no room for. */
  numbered = 0;

  isPulse(level: Level, sequence: number | null): boolean {
    const lost = this.#sequence.lostBefore(sequence);
    this.#lost += lost;
    this.numbered += lost + 1;
    return level === 1;
  }

  takeLost(): number {
    const lost = this.#lost;
    this.#lost = 0;
    return lost;
  }
}

function stormFault(title: string): Fault {
  return new Fault(
    "SOURCE_OVERRUN",
    `${title} changes more than 200 times a second.`,
    "Look for a loose contact or an input without a pull resistor, or set `debounce`. " +
      "What is meant to be so fast is a `count` or a `frequency`.",
  );
}

function lostFault(title: string, lost: number, consequence: string): Fault {
  return new Fault(
    "SOURCE_OVERRUN",
    `${title}: ${lost} edges came faster than they could be read. ${consequence}.`,
    "Set `debounce` where a contact bounces; lower the load of the controller.",
  );
}
