// Cuts the stream of one device into frames and finds back into step after noise. A frame that does
// not pass its check is told as damaged, never delivered; so is what came before the beginning is
// known, because half of a frame can look like a whole one: `12.5` is the end of `112.5`.

import type { Mono } from "../../runtime/signal/instant.ts";
import { type Checksum, isIntact } from "./checksum.ts";
import type { WorkBudget } from "./expression.ts";
import { type Framing, isCounted, type Locate, locator } from "./framing.ts";

export interface FramerSettings {
  readonly framing: Framing;
  readonly checksum?: Checksum | undefined;
  readonly frameMax: number;
  readonly pause: number;
}

export type Piece =
  | { readonly kind: "frame"; readonly bytes: Buffer }
  /** A frame whose checksum does not fit. */
  | { readonly kind: "damaged"; readonly bytes: Buffer }
  /** More than `frameMax` without an end; thrown away. */
  | { readonly kind: "overlong"; readonly bytes: Buffer };

export class Framer {
  readonly #settings: FramerSettings;
  readonly #locate: Locate;
  #held: Buffer = Buffer.alloc(0);
  #lastAt: Mono = 0;
  /** The first byte that is held is the first one of a frame. */
  #isInStep = false;

  constructor(settings: FramerSettings, budget: WorkBudget | null = null) {
    this.#settings = settings;
    this.#locate = locator(settings.framing, settings.frameMax, budget);
  }

  /** `isInStep`: what comes next begins a frame, as an answer does. */
  reset(isInStep: boolean): void {
    this.#held = Buffer.alloc(0);
    this.#isInStep = isInStep;
  }

  /** What was held when the time was over, for a message. */
  get held(): Buffer {
    return this.#held;
  }

  /**
   * Takes what has come and gives what it completes, in order. At most `frameMax` bytes are held
   * between two calls.
   */
  take(chunk: Uint8Array, at: Mono): readonly Piece[] {
    const { pause, frameMax } = this.#settings;
    // The beginning of a frame whose end was lost must not get the end of another one.
    if (this.#held.length > 0 && at - this.#lastAt > pause) this.reset(false);
    this.#lastAt = at;
    const pieces: Piece[] = [];
    for (let from = 0; from < chunk.length; from += frameMax) {
      // A large piece is taken in parts, so that an expression never sees more than two frames.
      this.#held = Buffer.concat([this.#held, chunk.subarray(from, from + frameMax)]);
      this.#cut(pieces);
    }
    return pieces;
  }

  #cut(pieces: Piece[]): void {
    const { frameMax, framing, checksum } = this.#settings;
    while (this.#held.length > 0) {
      const cut = this.#locate(this.#held);
      if (cut.kind === "more") {
        this.#held = this.#held.subarray(cut.from);
        if (this.#held.length > frameMax)
          this.#give(pieces, "overlong", this.#held, this.#held.length, false);
        return;
      }
      if (cut.kind === "noise") {
        this.#give(pieces, "damaged", this.#held.subarray(0, cut.next), cut.next, false);
        continue;
      }
      const { from, to, next, isLoose } = cut;
      const bytes = this.#held.subarray(from, to);
      this.#isInStep ||= !isLoose;
      const isIntactFrame = checksum === undefined ? this.#isInStep : isIntact(checksum, bytes);
      if (to - from > frameMax) {
        this.#give(pieces, "overlong", bytes, next, true);
      } else if (isIntactFrame) {
        // An empty line is a rest of another line end, and no frame.
        if (bytes.length > 0) pieces.push({ kind: "frame", bytes });
        this.#step(next, true);
      } else {
        // Without an end of its own, the next beginning may stand inside of what was taken for it.
        const counted = isCounted(framing);
        this.#give(pieces, "damaged", bytes, counted ? from + 1 : next, !counted);
      }
    }
  }

  /** Tells what is wrong once, and not again while the stream is out of step. */
  #give(
    pieces: Piece[],
    kind: "damaged" | "overlong",
    bytes: Buffer,
    next: number,
    isInStep: boolean,
  ): void {
    if (this.#isInStep) pieces.push({ kind, bytes });
    this.#step(next, isInStep);
  }

  #step(bytes: number, isInStep: boolean): void {
    this.#held = this.#held.subarray(bytes);
    this.#isInStep = isInStep;
  }
}
