// The main thread's hold on the feature thread: hands it windows, a bounded number at a time, and
// passes its answers on.

import type { Mono } from "../signal/instant.ts";
import type { Reason } from "../signal/quality.ts";
import type { SpawnThread, WorkerThread } from "../signal/thread.ts";
import type {
  FeatureChannel,
  FeatureThreadData,
  FromFeatureThread,
  ToFeatureThread,
} from "./feature-messages.ts";

/**
 * Windows of one channel that the thread has not answered yet. A thread that is further behind
 * computes nothing that anybody still waits for; the features turn stale and the time is UNKNOWN.
 */
export const WINDOWS_PENDING_MAX = 4;

/** How long a window that is being computed may take when the thread is closed. */
const CLOSE_GRACE_MS = 1_000;

export interface FeatureWorkerOptions {
  readonly channels: readonly FeatureChannel[];
  /** Starts `feature-thread`; the host knows where it lies. */
  readonly spawn: SpawnThread;
  /**
   * The features of one window in the order of FEATURES, or null and the reason why there are none.
   * `at` is the instant of the window's last sample.
   */
  readonly onFeatures: (
    channel: number,
    values: Float64Array | null,
    at: Mono,
    reason: Reason | null,
  ) => void;
  /** The thread has ended unasked. Comes once; a restart is another FeatureWorker. */
  readonly onFailure: (error: Error) => void;
}

export class FeatureWorker {
  /** Windows that were never looked at: the thread was too far behind, or gone. */
  dropped = 0;
  readonly #options: FeatureWorkerOptions;
  /** Windows under way, by channel. */
  readonly #pending: Uint8Array;
  #thread: WorkerThread | null = null;
  #hasEnded = false;

  constructor(options: FeatureWorkerOptions) {
    this.#options = options;
    this.#pending = new Uint8Array(options.channels.length);
  }

  /** A window of the channel ends at this position of its ring. The first starts the thread. */
  windowComplete(channel: number, endPosition: number, at: Mono): void {
    if (this.#hasEnded || this.#pending[channel]! >= WINDOWS_PENDING_MAX) {
      this.dropped++;
      return;
    }
    this.#thread ??= this.#start();
    this.#pending[channel]!++;
    this.#thread.postMessage({
      t: "window",
      channel,
      endPosition,
      at,
    } satisfies ToFeatureThread);
  }

  /** No callback comes after this. Resolves when the thread has ended. */
  async close(): Promise<void> {
    this.#hasEnded = true;
    this.#thread?.postMessage({ t: "close" } satisfies ToFeatureThread);
    await this.#thread?.end(CLOSE_GRACE_MS);
  }

  #start(): WorkerThread {
    const { spawn, channels } = this.#options;
    const thread = spawn("feature-thread", { channels } satisfies FeatureThreadData);
    thread.onMessage((message) => this.#take(message as FromFeatureThread));
    thread.onExit((cause) => this.#ended(cause));
    return thread;
  }

  #take(message: FromFeatureThread): void {
    if (this.#hasEnded) return;
    const { channel, at } = message;
    this.#pending[channel]!--;
    if (message.t === "features") this.#options.onFeatures(channel, message.values, at, null);
    else this.#options.onFeatures(channel, null, at, message.reason);
  }

  #ended(cause: Error | null): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    for (const pending of this.#pending) this.dropped += pending;
    this.#options.onFailure(cause ?? new Error("the feature thread ended without being asked to"));
  }
}
