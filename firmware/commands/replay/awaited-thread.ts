// The diagnosis thread as a replay wants it: the same thread, whose answers are waited for before
// time goes on. So nothing is dropped because it lags, and each run comes out the same.

import type {
  FromDiagnosisThread,
  ToDiagnosisThread,
} from "../../../runtime/diagnosis/diagnosis-messages.ts";
import type { SpawnThread, WorkerThread } from "../../../runtime/signal/thread.ts";

/** Each of these gets exactly one answer; the others get one now and then, or none. */
const ANSWERED: ReadonlySet<ToDiagnosisThread["t"]> = new Set(["window", "copy", "learned"]);

export class AwaitedThread {
  readonly #spawn: SpawnThread;
  #thread: WorkerThread | null = null;
  #owed = 0;
  /** Something was said that need not be answered. */
  #isUnsure = false;
  /** Of each `learned` that was asked for: whether it was we who asked. */
  readonly #asked: boolean[] = [];
  #resolve: (() => void) | null = null;

  constructor(spawn: SpawnThread) {
    this.#spawn = spawn;
  }

  readonly spawn: SpawnThread = (name, data) => {
    const thread = this.#spawn(name, data);
    this.#thread = thread;
    this.#owed = 0;
    this.#asked.length = 0;
    // One that died answers nothing any more.
    thread.onExit(() => this.#settle());
    return {
      postMessage: (message, transfer) => {
        this.#said(message as ToDiagnosisThread);
        thread.postMessage(message, transfer);
      },
      onMessage: (listener) => {
        thread.onMessage((message) => {
          const isOurs = this.#heard(message as FromDiagnosisThread);
          if (!isOurs) listener(message);
          if (this.#owed === 0) this.#wake();
        });
      },
      onExit: (listener) => thread.onExit(listener),
      end: (graceMs) => thread.end(graceMs),
    };
  };

  /** Resolves when the thread has answered everything, and its answers were taken. */
  async settled(): Promise<void> {
    if (this.#thread === null) return;
    if (this.#isUnsure) {
      // Messages keep their order: what comes back after it was said before it.
      this.#isUnsure = false;
      this.#owed++;
      this.#asked.push(true);
      this.#thread.postMessage({ t: "learned" } satisfies ToDiagnosisThread);
    }
    while (this.#owed > 0) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#resolve = resolve;
      await promise;
    }
  }

  #said({ t }: ToDiagnosisThread): void {
    if (t === "learned") this.#asked.push(false);
    if (ANSWERED.has(t)) this.#owed++;
    else this.#isUnsure = true;
  }

  /** True where the answer is to what we asked. */
  #heard({ t }: FromDiagnosisThread): boolean {
    if (t === "signals" || t === "refused") return false;
    this.#owed--;
    return t === "learned" && this.#asked.shift() === true;
  }

  #settle(): void {
    this.#thread = null;
    this.#owed = 0;
    this.#isUnsure = false;
    this.#wake();
  }

  #wake(): void {
    this.#resolve?.();
    this.#resolve = null;
  }
}
