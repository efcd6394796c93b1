// The main thread's hold on the diagnosis thread: hands it windows, a bounded number at a time, and
// passes its answers on.

import type { Mono } from "../signal/instant.ts";
import type { Reason } from "../signal/quality.ts";
import type { SpawnThread, WorkerThread } from "../signal/thread.ts";
import type { Circumstances } from "./channel.ts";
import type {
  CopiedWaveform,
  DiagnosisThreadData,
  FromDiagnosisThread,
  Said,
  ToDiagnosisThread,
} from "./diagnosis-messages.ts";
import type { LearnedState } from "./machine-diagnosis.ts";

/**
 * Windows of one channel that the thread has not answered yet. A thread that is further behind
 * computes nothing that anybody still waits for; the features turn stale and the time is UNKNOWN.
 */
export const WINDOWS_PENDING_MAX = 4;
/** Copies that were asked for and not given yet; each may be some megabytes. */
const COPIES_PENDING_MAX = 4;

/**
 * A window takes milliseconds and a thread seconds to start. One that says nothing for so long,
 * though it was asked, hangs: it is ended, and that is a failure like any other.
 */
export const SILENT_MAX_MS = 60_000;

/** How long a window that is being computed may take when the thread is closed. */
const CLOSE_GRACE_MS = 1_000;

export interface DiagnosisWorkerOptions {
  /** What the thread is started with. */
  readonly data: DiagnosisThreadData;
  /** Starts `diagnosis-thread`; the host knows where it lies. */
  readonly spawn: SpawnThread;
  /**
   * The features of one window in the order of the channel's feature set, or null and the reason
   * why there are none. `at` is the instant of the window's last sample.
   */
  readonly onFeatures: (
    channel: number,
    values: Float64Array | null,
    at: Mono,
    reason: Reason | null,
  ) => void;
  /** What was concluded; after the features of the same window. */
  readonly onSaid: (channel: number, said: Said, at: Mono) => void;
  readonly onSignalsSaid: (said: Omit<Said, "status">, at: Mono) => void;
  /** Why something of what was inherited does not fit; it is learned anew. */
  readonly onRefused: (reasons: readonly string[]) => void;
  /** The thread has ended unasked. Comes once; a restart is another DiagnosisWorker. */
  readonly onFailure: (error: Error) => void;
}

export class DiagnosisWorker {
  /** Windows that were never looked at: the thread was too far behind, or gone. */
  dropped = 0;
  readonly #options: DiagnosisWorkerOptions;
  /** Windows under way, by channel. */
  readonly #pending: Uint8Array;
  readonly #copies = new Map<number, (copy: CopiedWaveform | null) => void>();
  readonly #asked: ((learned: LearnedState | null) => void)[] = [];
  #copyKey = 0;
  #thread: WorkerThread | null = null;
  #hasEnded = false;
  /** The latest instant that was told. */
  #now: Mono = 0;
  /** When it was asked first since its last word; null where it was not asked since. */
  #silentSince: Mono | null = null;

  constructor(options: DiagnosisWorkerOptions) {
    this.#options = options;
    this.#pending = new Uint8Array(options.data.channels.length);
  }

  /** A window of the channel ends at this position of its ring. The first starts the thread. */
  windowComplete(
    channel: number,
    endPosition: number,
    at: Mono,
    circumstances: Circumstances | null,
  ): void {
    this.#look(at);
    if (this.#hasEnded || this.#pending[channel]! >= WINDOWS_PENDING_MAX) {
      this.dropped++;
      this.#silentSince ??= at;
      return;
    }
    this.#pending[channel]!++;
    this.#ask({ t: "window", channel, endPosition, at, circumstances });
  }

  /**
   * The samples that end at a position of the channel's ring; null where they are no longer all
   * there, or the thread has too much to do.
   */
  copy(channel: number, endPosition: number, samples: number): Promise<CopiedWaveform | null> {
    if (this.#hasEnded || this.#copies.size >= COPIES_PENDING_MAX) return Promise.resolve(null);
    const key = ++this.#copyKey;
    const { promise, resolve } = Promise.withResolvers<CopiedWaveform | null>();
    this.#copies.set(key, resolve);
    this.#ask({ t: "copy", key, channel, endPosition, samples });
    return promise;
  }

  /** Looks at the watched signals for what they were in the last seconds. */
  lookAtSignals(at: Mono, seconds: number, operatingState: string): void {
    this.#look(at);
    if (!this.#hasEnded) this.#tell({ t: "signals", at, seconds, operatingState });
  }

  /** Somebody worked on the machine. */
  maintained(at: Mono): void {
    if (!this.#hasEnded) this.#tell({ t: "maintained", at });
  }

  /** What was learned by now; null where there is no thread that could say. */
  learned(): Promise<LearnedState | null> {
    if (this.#hasEnded || this.#thread === null) return Promise.resolve(null);
    const { promise, resolve } = Promise.withResolvers<LearnedState | null>();
    this.#asked.push(resolve);
    this.#ask({ t: "learned" });
    return promise;
  }

  /** No callback comes after this. Resolves when the thread has ended. */
  async close(): Promise<void> {
    this.#giveUp();
    this.#thread?.postMessage({ t: "close" } satisfies ToDiagnosisThread);
    await this.#thread?.end(CLOSE_GRACE_MS);
  }

  /** What each of these gets is an answer. */
  #ask(message: ToDiagnosisThread): void {
    this.#silentSince ??= this.#now;
    this.#tell(message);
  }

  #look(at: Mono): void {
    this.#now = Math.max(this.#now, at);
    if (this.#hasEnded || this.#silentSince === null) return;
    const silentMs = at - this.#silentSince;
    if (silentMs < SILENT_MAX_MS) return;
    const hung = this.#thread;
    this.#ended(new Error(`it has not answered for ${Math.floor(silentMs / 1_000)} s`));
    void hung?.end(0);
  }

  #tell(message: ToDiagnosisThread): void {
    this.#thread ??= this.#start();
    this.#thread.postMessage(message);
  }

  #start(): WorkerThread {
    const { spawn, data } = this.#options;
    const thread = spawn("diagnosis-thread", data);
    thread.onMessage((message) => this.#take(message as FromDiagnosisThread));
    thread.onExit((cause) => this.#ended(cause));
    return thread;
  }

  #take(message: FromDiagnosisThread): void {
    if (this.#hasEnded) return;
    this.#silentSince = null;
    switch (message.t) {
      case "copied":
        this.#copies.get(message.key)?.(message.copy);
        this.#copies.delete(message.key);
        break;
      case "signals":
        this.#options.onSignalsSaid(message.said, message.at);
        break;
      case "refused":
        this.#options.onRefused(message.reasons);
        break;
      case "learned":
        this.#asked.shift()?.(message.learned);
        break;
      default:
        this.#answered(message);
    }
  }

  #answered(message: Extract<FromDiagnosisThread, { readonly channel: number }>): void {
    const { channel, at, said } = message;
    this.#pending[channel]!--;
    const { onFeatures, onSaid } = this.#options;
    if (message.t === "features") onFeatures(channel, message.values, at, null);
    else onFeatures(channel, null, at, message.reason);
    if (said !== null) onSaid(channel, said, at);
  }

  /** Nobody waits for what will not come. */
  #giveUp(): void {
    this.#hasEnded = true;
    for (const resolve of this.#copies.values()) resolve(null);
    this.#copies.clear();
    for (const resolve of this.#asked.splice(0)) resolve(null);
  }

  #ended(cause: Error | null): void {
    if (this.#hasEnded) return;
    this.#giveUp();
    for (const pending of this.#pending) this.dropped += pending;
    this.#options.onFailure(cause ?? new Error("the diagnosis thread ended unasked"));
  }
}
