// What a serial wire does to frames, without any wire: it takes the time that its baud rate needs,
// and spoils, loses, delays or echoes what the seed says. `now` is an argument; the
// pseudo-terminals are in wire-program.ts.

import type { SeededRandom } from "../../runtime/testing/seeded-random.ts";
import {
  type Deed,
  type Noise,
  QUIET,
  type Way,
  type WireFrame,
  type WireStats,
} from "../place.ts";

/** Start, eight data, parity or none, stop. */
const BITS_PER_CHARACTER = 10;
/** A UART hands its bytes on in pieces of this size, or when the frame ends. */
const FIFO_BYTES = 16;
/**
 * Above 19,200 baud the standard fixes the silence between frames (Modbus over serial line,
 * 2.5.1.1).
 */
const GAP_MS_MIN = 1.75;
const GAP_CHARACTERS = 3.5;
/** One benchmark of 10,000 reads has 20,000 frames. */
const FRAMES_MAX = 100_000;

/** Bytes on their way from one end to all others: a bus is one pair of wires. */
export interface Delivery {
  readonly at: number;
  /** The position that does not hear them, because it sent them; -2 where an echo is heard too. */
  readonly from: number;
  /** The frame's first byte: in Modbus RTU, the unit that is asked or answers. */
  readonly address: number;
  readonly bytes: Uint8Array;
}

/** The host's position. */
export const HOST = -1;
/** Nobody's: everyone hears. */
const NOBODY = -2;

interface OpenFrame {
  readonly way: Way;
  readonly from: number;
  readonly beganAt: number;
  readonly deed: Deed;
  sent: Uint8Array;
  arrived: Uint8Array;
  /** When the sender has sent what it gave; the wire may take longer. */
  sentUntil: number;
  endedAt: number;
}

export class NoisyLine {
  readonly #random: SeededRandom;
  readonly #characterMs: number;
  readonly #gapMs: number;
  readonly #frames: WireFrame[] = [];
  readonly #open = new Map<number, OpenFrame>();
  #noise = QUIET;
  #isCut = false;
  /** Until when each direction is taken; a late answer holds up the ones behind it. */
  #takenUntil: Record<Way, number> = { request: 0, answer: 0 };
  #counts = { requests: 0, answers: 0, corrupted: 0, dropped: 0, late: 0, busyMs: 0 };

  constructor(random: SeededRandom, baudRate: number) {
    this.#random = random;
    this.#characterMs = (BITS_PER_CHARACTER / baudRate) * 1_000;
    this.#gapMs = Math.max(GAP_MS_MIN, GAP_CHARACTERS * this.#characterMs);
  }

  noise(what: Partial<Noise>): void {
    this.#noise = { ...this.#noise, ...what };
  }

  cut(isCut: boolean): void {
    this.#isCut = isCut;
  }

  /** Bytes that somebody has put on the wire at `now`; gives when they arrive, and where. */
  carry(from: number, bytes: Uint8Array, now: number): readonly Delivery[] {
    const way: Way = from === HOST ? "request" : "answer";
    const frame = this.#frameOf(way, from, now);
    const sendingMs = bytes.length * this.#characterMs;
    const begins = Math.max(frame.sentUntil + this.#delayOf(frame), this.#takenUntil[way], now);
    const ends = begins + sendingMs;
    frame.sentUntil = Math.max(frame.sentUntil, now) + sendingMs;
    this.#takenUntil[way] = ends;
    this.#counts.busyMs += sendingMs;
    frame.sent = Buffer.concat([frame.sent, bytes]);
    frame.endedAt = ends;
    if (frame.deed === "dropped" || frame.deed === "cut") return [];
    const carried = frame.deed === "corrupted" ? this.#spoil(bytes) : bytes;
    frame.arrived = Buffer.concat([frame.arrived, carried]);
    const hasEcho = way === "request" && this.#noise.echo;
    return this.#pieces(
      carried,
      { from: hasEcho ? NOBODY : from, address: frame.sent[0]! },
      begins,
    );
  }

  /** What was put on the wire so far; what comes now begins another frame. */
  log(): readonly WireFrame[] {
    for (const from of [...this.#open.keys()]) this.#end(from);
    return this.#frames;
  }

  get stats(): Omit<WireStats, "stalledMsMax"> {
    return { ...this.#counts };
  }

  /** The frame that bytes belong to: what follows within the gap is one frame. */
  #frameOf(way: Way, from: number, now: number): OpenFrame {
    const open = this.#open.get(from);
    if (open !== undefined && now - open.sentUntil < this.#gapMs) return open;
    // Whoever speaks now has heard the others out.
    for (const other of [...this.#open.keys()]) {
      if (other === from || way === "request" || other === HOST) this.#end(other);
    }
    const deed = this.#deed(way);
    const nothing = { sent: new Uint8Array(), arrived: new Uint8Array() };
    const frame = { way, from, beganAt: now, sentUntil: now, endedAt: now, deed, ...nothing };
    this.#open.set(from, frame);
    this.#counts[way === "request" ? "requests" : "answers"] += 1;
    if (deed === "corrupted" || deed === "dropped" || deed === "late") this.#counts[deed] += 1;
    return frame;
  }

  #end(from: number): void {
    const frame = this.#open.get(from);
    if (frame === undefined) return;
    this.#open.delete(from);
    const { way, beganAt, endedAt, deed } = frame;
    const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
    const content = { sent: hex(frame.sent), arrived: hex(frame.arrived) };
    this.#frames.push({ way, from, beganAt, endedAt, deed, ...content });
    if (this.#frames.length > FRAMES_MAX) this.#frames.shift();
  }

  /** One draw for each answer, so that a run has the same deeds whatever their shares do. */
  #deed(way: Way): Deed {
    if (this.#isCut) return "cut";
    if (way === "request") return "carried";
    const { corrupted, dropped, late } = this.#noise;
    const draw = this.#random.next();
    if (draw < corrupted) return "corrupted";
    if (draw < corrupted + dropped) return "dropped";
    if (draw < corrupted + dropped + late) return "late";
    return "carried";
  }

  /** Only the beginning of a late frame is late; its rest follows it. */
  #delayOf(frame: OpenFrame): number {
    if (frame.deed !== "late" || frame.sent.length > 0) return 0;
    const { lateMinMs, lateMaxMs } = this.#noise;
    return lateMinMs + this.#random.next() * (lateMaxMs - lateMinMs);
  }

  /** Up to three bits turned over, or a byte too few or too many. */
  #spoil(bytes: Uint8Array): Uint8Array {
    const at = this.#random.integer(0, bytes.length - 1);
    const kind = this.#random.pick(["bits", "bits", "lost", "gained"] as const);
    if (kind === "lost") return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1)]);
    if (kind === "gained") {
      const gained = Uint8Array.of(this.#random.integer(0, 255));
      return Buffer.concat([bytes.subarray(0, at), gained, bytes.subarray(at)]);
    }
    const spoilt = Uint8Array.from(bytes);
    const bits = this.#random.integer(1, 3);
    const first = this.#random.integer(0, bytes.length * 8 - bits);
    for (let bit = first; bit < first + bits; bit++) spoilt[bit >> 3]! ^= 1 << (bit & 7);
    return spoilt;
  }

  #pieces(bytes: Uint8Array, ends: Pick<Delivery, "from" | "address">, begins: number): Delivery[] {
    const pieces: Delivery[] = [];
    for (let start = 0; start < bytes.length; start += FIFO_BYTES) {
      const piece = bytes.subarray(start, start + FIFO_BYTES);
      const at = begins + (start + piece.length) * this.#characterMs;
      pieces.push({ ...ends, at, bytes: piece });
    }
    return pieces;
  }
}
