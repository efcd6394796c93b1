// The newest value of each changed signal, at the reader's rate: what a screen wants. It promises
// nothing about what lay between, and says how much that was.

import type { LiveValue } from "../../runtime/signal/process-image.ts";
import type { Timer, Timers } from "../../runtime/signal/timers.ts";
import type { FrameSink } from "./log-subscription.ts";
import type { StreamSource } from "./source.ts";

export interface LatestRequest {
  readonly sub: string;
  readonly signals?: readonly string[] | undefined;
  /** Frames per second at most. */
  readonly maxRate: number;
}

export class LatestSubscription {
  readonly #request: LatestRequest;
  readonly #latest: StreamSource["latest"];
  readonly #sink: FrameSink;
  readonly #indexes: readonly number[];
  readonly #seen: Uint32Array;
  readonly #timer: Timer;
  #first = true;

  constructor(request: LatestRequest, source: StreamSource, sink: FrameSink, timers: Timers) {
    this.#request = request;
    this.#latest = source.latest;
    this.#sink = sink;
    const wanted = request.signals && new Set(request.signals);
    this.#indexes = source.latest.names.flatMap((name, index) =>
      !wanted || wanted.has(name) ? [index] : [],
    );
    this.#seen = new Uint32Array(this.#indexes.length);
    this.#timer = timers.every(1_000 / request.maxRate, () => this.#send());
    this.#send();
  }

  close(): void {
    this.#timer.cancel();
  }

  #send(): void {
    if (this.#sink.congested) return;
    const values: Record<string, LiveValue> = {};
    let changed = 0;
    let skipped = 0;
    this.#indexes.forEach((index, position) => {
      const updates = this.#latest.updates(index);
      const since = (updates - this.#seen[position]!) >>> 0;
      if (since === 0 && !this.#first) return;
      this.#seen[position] = updates;
      values[this.#latest.names[index]!] = this.#latest.live(index);
      changed++;
      if (!this.#first) skipped += since - 1;
    });
    if (changed === 0) return;
    this.#first = false;
    this.#sink.send({ t: "latest", sub: this.#request.sub, values, skipped });
  }
}
