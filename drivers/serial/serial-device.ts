// One device on a serial line: asked for a frame, or listened to.

import { Fault, type FaultCode } from "../../runtime/signal/fault.ts";
import type { Mono } from "../../runtime/signal/instant.ts";
import type { Timer } from "../../runtime/signal/timers.ts";
import type { Device, PointIndex } from "../driver.ts";
import { ask, write } from "./asking.ts";
import type { Piece } from "./framer.ts";
import { Frames, type SerialDeviceParts } from "./frames.ts";
import type { Listener } from "./line.ts";

/** More frames than any scale or receiver sends; what is above it is dropped and said. */
const FRAMES_PER_SECOND_MAX = 1_000;

export class AskedDevice implements Device {
  readonly #parts: SerialDeviceParts;
  readonly #frames: Frames;
  readonly #request: Uint8Array;

  constructor(parts: SerialDeviceParts, request: Uint8Array) {
    this.#parts = parts;
    this.#frames = new Frames(parts);
    this.#request = request;
  }

  async read(): Promise<void> {
    const { bytes, at } = await ask(this.#parts, this.#frames, this.#request);
    this.#frames.deliver(bytes, at, true);
  }

  write(point: PointIndex, raw: number): Promise<void> {
    return write(this.#parts, this.#frames, point, raw);
  }

  /** Nothing of it goes on by itself. */
  close(): void {}
}

export class SpeakingDevice implements Device {
  readonly #parts: SerialDeviceParts;
  readonly #frames: Frames;
  readonly #listener: Listener = {
    onBytes: (bytes, at) => this.#take(bytes, at),
    onEnd: (fault) => this.#end(fault),
  };
  #isClosed = false;
  #watch: Timer | null = null;
  /** A start that waits for its first frame. */
  #starting: { readonly resolve: () => void; readonly reject: (fault: Fault) => void } | null =
    null;
  #lastFrameAt: Mono = 0;
  /** What came since the last whole frame, for the message when none comes. */
  #bytesSince = 0;
  #windowFrom: Mono = Number.NEGATIVE_INFINITY;
  #framesInWindow = 0;

  constructor(parts: SerialDeviceParts) {
    this.#parts = parts;
    this.#frames = new Frames(parts);
  }

  /** Resolves with the first whole frame; rejects when none comes for `silence`. */
  async start(): Promise<void> {
    const { line, clock } = this.#parts;
    this.#frames.framer.reset(false);
    this.#bytesSince = 0;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#starting = { resolve, reject };
    try {
      await line.listen(this.#listener);
      this.#lastFrameAt = clock.mono();
      if (this.#starting !== null) this.#look();
      await promise;
    } catch (error) {
      this.#starting = null;
      throw error;
    }
  }

  /** With a framer of its own: what is heard meanwhile is in the middle of a frame. */
  write(point: PointIndex, raw: number): Promise<void> {
    return write(this.#parts, new Frames(this.#parts), point, raw);
  }

  close(): void {
    this.#isClosed = true;
    this.#watch?.cancel();
  }

  /** Hot path: once for each piece that arrives. */
  #take(chunk: Buffer, at: Mono): void {
    this.#bytesSince += chunk.length;
    try {
      for (const piece of this.#frames.framer.take(chunk, at)) this.#piece(piece, at);
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      // An expression that ran out of time: behind the breaker it cannot hold the meter.
      this.#leave(error);
    }
  }

  #piece(piece: Piece, at: Mono): void {
    const { wire } = this.#parts;
    const frames = this.#frames;
    // Another device's frame on the same line.
    if (piece.kind !== "overlong" && !frames.isOurs(piece.bytes)) return;
    wire.received(piece.bytes);
    if (piece.kind !== "frame") {
      frames.spoil(piece.bytes, at, frames.faultOf(piece));
      return;
    }
    this.#bytesSince = 0;
    this.#lastFrameAt = at;
    this.#starting?.resolve();
    this.#starting = null;
    if (this.#isFlood(at)) return;
    frames.deliver(piece.bytes, at, false);
  }

  #isFlood(at: Mono): boolean {
    if (at - this.#windowFrom >= 1_000) {
      this.#windowFrom = at;
      this.#framesInWindow = 0;
    }
    this.#framesInWindow += 1;
    if (this.#framesInWindow <= FRAMES_PER_SECOND_MAX) return false;
    if (this.#framesInWindow === FRAMES_PER_SECOND_MAX + 1) {
      const { points, sink } = this.#parts;
      const fault = this.#fault(
        "SOURCE_OVERRUN",
        `sends more than ${FRAMES_PER_SECOND_MAX} frames in a second; the others are dropped`,
        "Set the device to a slower rate.",
      );
      for (const point of points.keys()) sink.bad(point, "overrun", at, fault);
    }
    return true;
  }

  #look(): void {
    const { clock, timers, settings } = this.#parts;
    const silentMs = clock.mono() - this.#lastFrameAt;
    if (silentMs < settings.silence) {
      this.#watch = timers.after(settings.silence - silentMs, () => this.#look());
      return;
    }
    const span = `for ${settings.silence} ms`;
    this.#leave(
      this.#bytesSince === 0
        ? this.#fault(
            "BUS_TIMEOUT",
            `has sent nothing ${span}`,
            "Is it switched on and wired? `silence` says how long it may be silent.",
          )
        : this.#fault(
            "BUS_WRONG_ANSWER",
            `has sent ${this.#bytesSince} bytes and no whole frame of its own ${span}`,
            "Compare baud rate, parity, `framing`, `checksum` and `when` with its manual.",
          ),
    );
  }

  #leave(fault: Fault): void {
    this.#end(fault);
    this.#parts.line.unlisten(this.#listener);
  }

  #end(fault: Fault): void {
    this.#watch?.cancel();
    const starting = this.#starting;
    this.#starting = null;
    if (starting !== null) starting.reject(fault);
    else if (!this.#isClosed) this.#parts.sink.lost(fault);
  }

  #fault(code: FaultCode, what: string, remedy: string): Fault {
    return new Fault(code, `${this.#frames.place} ${what}.`, remedy);
  }
}
