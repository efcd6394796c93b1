// The meter's side of a driver's wire: counts the frames of one device always, and keeps them only
// while somebody looks. Who looks asks again and again; when the questions stop, so does the trace,
// and nothing has to be switched off.

import {
  TRACE_PAGE_FRAMES_MAX,
  type TracedFrame,
  type TracePage,
} from "../../protocols/stream/frames.ts";
import type { Fault } from "../../runtime/signal/fault.ts";
import type { Clock, Mono } from "../../runtime/signal/instant.ts";
import type { Timer, Timers } from "../../runtime/signal/timers.ts";
import type { Wire } from "../../runtime/signal/wire.ts";

/** Who asks does so a few times a second; a reader that is gone is noticed after this. */
export const TRACE_LEASE_MS = 10_000;

/** Half a second of a full CAN bus, some ten seconds of a fast serial line. */
const FRAMES_MAX = 1_000;

/** A Modbus frame has at most 260 bytes, a line of text seldom more than 100. */
const FRAME_BYTES_MAX = 512;

/**
 * Devices that are traced at a time: what is kept of one is less than 1 MB, and a reader of the
 * stream that asks for all of a large machine must not fill the meter's memory.
 */
export const TRACED_DEVICES_MAX = 8;

interface KeptFrame {
  readonly seq: number;
  readonly at: Mono;
  readonly way: TracedFrame["way"];
  /** Of the whole frame; what is kept of it may be shorter. */
  readonly length: number;
  readonly content: Uint8Array;
  readonly isText: boolean;
}

/** Whether one more may be traced, or this one is traced already. */
export function mayTrace(wire: DeviceWire, all: readonly DeviceWire[]): boolean {
  return wire.isTraced || all.filter(({ isTraced }) => isTraced).length < TRACED_DEVICES_MAX;
}

export class DeviceWire implements Wire {
  readonly #clock: Clock;
  readonly #timers: Timers;
  #requests = 0;
  #answers = 0;
  /** Null while nobody looks. The frames stand in a ring: `seq` modulo its size is the place. */
  #kept: KeptFrame[] | null = null;
  /** The number that the next frame gets. It goes on between traces, so that none is repeated. */
  #next = 1;
  #first = 1;
  #lease: Timer | null = null;

  constructor(clock: Clock, timers: Timers) {
    this.#clock = clock;
    this.#timers = timers;
  }

  get isTraced(): boolean {
    return this.#kept !== null;
  }

  get counts(): { readonly requests: number; readonly answers: number } {
    return { requests: this.#requests, answers: this.#answers };
  }

  sent(frame: Uint8Array | string): void {
    this.#requests += 1;
    if (this.#kept !== null) this.#keep("sent", frame);
  }

  received(frame: Uint8Array | string): void {
    this.#answers += 1;
    if (this.#kept !== null) this.#keep("received", frame);
  }

  counted(sent: number, received: number): void {
    this.#requests += sent;
    this.#answers += received;
  }

  /** What the driver made of the frames before: stands among them, where it happened. */
  fault({ code, message }: Fault): void {
    if (this.#kept !== null) this.#keep("fault", `${code}: ${message}`);
  }

  /**
   * The frames from number `from` on, and the lease prolonged. The first question has no number and
   * no answer yet: it begins the trace.
   */
  trace(from: number | null): TracePage {
    this.#prolong();
    const oldest = Math.max(this.#first, this.#next - FRAMES_MAX);
    const wanted = from ?? this.#next;
    const begin = Math.min(Math.max(wanted, oldest), this.#next);
    const end = Math.min(this.#next, begin + TRACE_PAGE_FRAMES_MAX);
    const frames: TracedFrame[] = [];
    for (let seq = begin; seq < end; seq++)
      frames.push(this.#shown(this.#kept![seq % FRAMES_MAX]!));
    return { frames, next: end, missed: Math.max(0, begin - wanted) };
  }

  /** Ends a trace that somebody still looks at. */
  close(): void {
    this.#lease?.cancel();
    this.#kept = null;
  }

  #prolong(): void {
    this.#lease?.cancel();
    this.#lease = this.#timers.after(TRACE_LEASE_MS, () => this.close());
    if (this.#kept !== null) return;
    this.#kept = [];
    this.#first = this.#next;
  }

  #keep(way: TracedFrame["way"], frame: Uint8Array | string): void {
    const seq = this.#next++;
    // A driver may use its buffer again: what is kept is a copy, which a Buffer's `slice` is not. A
    // part of a string is none either: it would hold the whole of it in memory.
    const isText = typeof frame === "string";
    const content = isText
      ? Buffer.from(frame.slice(0, FRAME_BYTES_MAX))
      : Uint8Array.from(frame.subarray(0, FRAME_BYTES_MAX));
    this.#kept![seq % FRAMES_MAX] = {
      seq,
      at: this.#clock.mono(),
      way,
      length: frame.length,
      content,
      isText,
    };
  }

  #shown({ seq, at, way, length, content, isText }: KeptFrame): TracedFrame {
    const { utc } = this.#clock.instantAt(at);
    const bytes = Buffer.from(content.buffer, content.byteOffset, content.length);
    const shown = isText ? { text: bytes.toString() } : { hex: bytes.toString("hex") };
    return { seq, mono: at, utc, way, length, ...shown };
  }
}
