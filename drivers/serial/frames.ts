// From frames to points, for one device: which frames are its own, and what they bring.

import { Fault } from "../../runtime/signal/fault.ts";
import type { Clock, Mono } from "../../runtime/signal/instant.ts";
import type { Timers } from "../../runtime/signal/timers.ts";
import type { DeviceContext, PointIndex } from "../driver.ts";
import { showBytes } from "./byte-text.ts";
import { withoutNmea } from "./checksum.ts";
import { Expression, WorkBudget } from "./expression.ts";
import { Framer, type Piece } from "./framer.ts";
import type { SerialLine } from "./line.ts";
import { type PointReader, type PointSettings, pointReader } from "./point.ts";
import type { DeviceSettings } from "./settings.ts";

export interface SerialDeviceParts extends DeviceContext<DeviceSettings, PointSettings> {
  readonly line: SerialLine;
  readonly clock: Clock;
  readonly timers: Timers;
}

export class Frames {
  readonly framer: Framer;
  readonly place: string;
  /** For all expressions of the device. */
  readonly budget: WorkBudget;
  readonly #parts: SerialDeviceParts;
  readonly #when: Expression | null;
  readonly #readers: readonly PointReader[];

  constructor(parts: SerialDeviceParts) {
    const { settings, name, line, points } = parts;
    this.#parts = parts;
    this.place = `${line.place}, device ${name}`;
    const { frameMax } = settings;
    const budget = new WorkBudget(this.place, () => parts.clock.mono());
    this.budget = budget;
    this.framer = new Framer(settings, budget);
    const { when } = settings;
    this.#when = when === undefined ? null : new Expression(when, frameMax, budget);
    this.#readers = points.map((point) => pointReader(point.settings, frameMax, budget));
  }

  isOurs(bytes: Buffer): boolean {
    return this.#when === null || this.#when.exec(this.#text(bytes)) !== null;
  }

  /** `isAnswer`: what the frame does not bring is missing, because it was asked for. */
  deliver(bytes: Buffer, at: Mono, isAnswer: boolean): void {
    const { sink } = this.#parts;
    const text = this.#text(bytes);
    for (const [point, reader] of this.#readers.entries()) {
      if (!reader.fits(text)) {
        const why = `${showBytes(bytes)} does not fit its \`when\``;
        if (isAnswer) sink.bad(point, "not-configured", at, this.#valueFault(point, why));
        continue;
      }
      const found = reader.take(bytes, text);
      if ("value" in found) sink.sample(point, found.value, at);
      else sink.bad(point, found.reason, at, this.#valueFault(point, found.why));
    }
  }

  /** The points that this damaged frame would have brought, as far as it can still be told. */
  spoil(bytes: Buffer, at: Mono, fault: Fault): void {
    const text = this.#text(bytes);
    for (const [point, reader] of this.#readers.entries()) {
      if (reader.fits(text)) this.#parts.sink.bad(point, "checksum", at, fault);
    }
  }

  valueOf(point: PointIndex, bytes: Buffer): number | string {
    const found = this.#readers[point]!.take(bytes, this.#text(bytes));
    return "value" in found ? found.value : found.why;
  }

  faultOf(piece: Exclude<Piece, { kind: "frame" }>): Fault {
    const shown = showBytes(piece.bytes);
    if (piece.kind === "damaged") {
      return new Fault(
        "BUS_CHECKSUM",
        `${this.place} sent ${shown}, whose checksum or length does not fit.`,
        "Noise, two devices at once, a wrong baud rate or parity, or another checksum than this.",
      );
    }
    return new Fault(
      "BUS_WRONG_ANSWER",
      `${this.place} sent ${shown} without an end in ${this.#parts.settings.frameMax} bytes.`,
      "Compare `framing` and baud rate with its manual; `frameMax` allows longer frames.",
    );
  }

  #text(bytes: Buffer): string {
    const isNmea = this.#parts.settings.checksum?.kind === "nmea" && bytes.includes("*");
    return Buffer.from(isNmea ? withoutNmea(bytes) : bytes).toString("latin1");
  }

  #valueFault(point: PointIndex, why: string): Fault {
    return new Fault(
      "BUS_WRONG_ANSWER",
      `${this.place}: ${this.#parts.points[point]!.name} has no value: ${why}.`,
      "The device has none now, or says it at another place or in another form.",
    );
  }
}
