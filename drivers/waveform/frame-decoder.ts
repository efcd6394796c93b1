// Cuts a stream of bytes into frames, whatever pieces it comes in, and its frames into channels.

import type { Mono } from "../../runtime/signal/instant.ts";
import type { Sink } from "../driver.ts";
import { bytesPerSample, decodeSamples, type SampleFormat } from "./sample-format.ts";

/** What a read from a socket, pipe or file brings at most; a larger piece makes several blocks. */
export const CHUNK_BYTES_MAX = 65_536;

export interface FrameDecoderOptions {
  readonly format: SampleFormat;
  /** Interleaved channels of a frame. */
  readonly channels: number;
  /** The channel behind each point of the device. */
  readonly channelOfPoint: readonly number[];
  readonly sink: Pick<Sink, "block">;
}

export class FrameDecoder {
  readonly #options: FrameDecoderOptions;
  readonly #sampleBytes: number;
  readonly #frameBytes: number;
  /** The beginning of a frame whose end has not come yet. */
  readonly #partial: Uint8Array;
  readonly #partialView: DataView;
  #partialBytes = 0;
  /** One buffer for all points: a sink has copied a block when it returns. */
  readonly #block: Float32Array;

  constructor(options: FrameDecoderOptions) {
    this.#options = options;
    this.#sampleBytes = bytesPerSample(options.format);
    this.#frameBytes = options.channels * this.#sampleBytes;
    this.#partial = new Uint8Array(this.#frameBytes);
    this.#partialView = new DataView(this.#partial.buffer);
    this.#block = new Float32Array(Math.ceil(CHUNK_BYTES_MAX / this.#frameBytes) + 1);
  }

  /** Bytes of a frame that is not complete. */
  get partialBytes(): number {
    return this.#partialBytes;
  }

  /**
   * Delivers every frame that these bytes complete and gives how many; all arrived at this instant.
   */
  take(bytes: Uint8Array, at: Mono): number {
    const missing = this.#partialBytes === 0 ? 0 : this.#frameBytes - this.#partialBytes;
    const taken = Math.min(missing, bytes.length);
    this.#keep(bytes, 0, taken);
    if (taken < missing) return 0;
    // Frames of this block that come from `#partial`: one or none.
    let carried = missing > 0 ? 1 : 0;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    let offset = taken;
    let frames = Math.floor((bytes.length - offset) / this.#frameBytes);
    const complete = carried + frames;
    while (carried + frames > 0) {
      const count = Math.min(frames, this.#block.length - carried);
      this.#deliver(carried, view, offset, count, at);
      offset += count * this.#frameBytes;
      frames -= count;
      carried = 0;
    }
    this.#partialBytes = 0;
    this.#keep(bytes, offset, bytes.length);
    return complete;
  }

  #deliver(carried: number, view: DataView, offset: number, count: number, at: Mono): void {
    const { format, channelOfPoint, sink } = this.#options;
    const block = this.#block;
    const stride = this.#frameBytes;
    for (let point = 0; point < channelOfPoint.length; point++) {
      const shift = channelOfPoint[point]! * this.#sampleBytes;
      decodeSamples(format, this.#partialView, shift, stride, carried, block, 0);
      decodeSamples(format, view, offset + shift, stride, count, block, carried);
      sink.block(point, block, carried + count, at);
    }
  }

  #keep(bytes: Uint8Array, from: number, to: number): void {
    for (let index = from; index < to; index++) this.#partial[this.#partialBytes++] = bytes[index]!;
  }
}
