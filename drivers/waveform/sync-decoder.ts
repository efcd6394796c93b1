// Frames that begin with a marker: a serial port has no beginning, and a byte that is lost on it
// would shift every sample after it. The marker is looked for until it stands where the next frame
// has it too, because its bytes may be samples. A frame is given when the next one's marker has
// come; where that is missing, there is a gap, and the search begins again.

import type { Mono } from "../../runtime/signal/instant.ts";
import type { FrameDecoder } from "./frame-decoder.ts";

export interface SyncDecoderOptions {
  readonly marker: Buffer;
  /** Bytes of the samples of one frame. */
  readonly payloadBytes: number;
  /** Gets the samples of whole frames. */
  readonly decoder: FrameDecoder;
  /** Frames are missing before the next ones. */
  readonly onLost: (at: Mono) => void;
}

export class SyncDecoder {
  readonly #options: SyncDecoderOptions;
  readonly #frameBytes: number;
  /** Less than two frames and a marker. */
  #held = Buffer.alloc(0);
  #isInStep = false;
  /** It was in step before: what is missing since then is a gap. */
  #hasBegun = false;

  constructor(options: SyncDecoderOptions) {
    this.#options = options;
    this.#frameBytes = options.marker.length + options.payloadBytes;
  }

  get partialBytes(): number {
    return this.#held.length;
  }

  /** Delivers every frame that these bytes complete and gives how many. */
  take(bytes: Uint8Array, at: Mono): number {
    const { marker, decoder, onLost } = this.#options;
    const held = Buffer.concat([this.#held, bytes]);
    let from = 0;
    let frames = 0;
    for (;;) {
      const stretch = this.#isInStep ? this.#inStep(held, from) : 0;
      if (stretch > 0) {
        decoder.take(this.#payload(held, from, stretch), at);
        frames += stretch;
        from += stretch * this.#frameBytes;
      }
      // What is in step and too short to be judged waits for its end.
      if (this.#isInStep && held.length - from < this.#frameBytes + marker.length) break;
      this.#isInStep = false;
      const next = held.indexOf(marker, from);
      from = next === -1 ? Math.max(from, held.length - marker.length + 1) : next;
      if (next === -1 || held.length < next + this.#frameBytes + marker.length) break;
      if (this.#isMarker(held, next + this.#frameBytes)) {
        if (this.#hasBegun) onLost(at);
        this.#hasBegun = true;
        this.#isInStep = true;
      } else {
        from = next + 1;
      }
    }
    // A copy: what was read may be written over by the next read.
    this.#held = Buffer.from(held.subarray(from));
    return frames;
  }

  /** Frames from here on that a marker follows: one that lost a byte has none behind it. */
  #inStep(held: Buffer, from: number): number {
    let frames = 0;
    while (this.#isMarker(held, from + (frames + 1) * this.#frameBytes)) frames += 1;
    return frames;
  }

  #isMarker(held: Buffer, at: number): boolean {
    const { marker } = this.#options;
    if (held.length < at + marker.length) return false;
    return held.compare(marker, 0, marker.length, at, at + marker.length) === 0;
  }

  #payload(held: Buffer, from: number, frames: number): Buffer {
    const { marker, payloadBytes } = this.#options;
    const payload = Buffer.allocUnsafe(frames * payloadBytes);
    for (let frame = 0; frame < frames; frame++) {
      const begin = from + frame * this.#frameBytes + marker.length;
      held.copy(payload, frame * payloadBytes, begin, begin + payloadBytes);
    }
    return payload;
  }
}
