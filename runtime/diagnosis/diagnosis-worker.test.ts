import { Worker } from "node:worker_threads";
import { describe, expect, onTestFinished, test } from "vitest";
import { computeFeatures } from "../dsp/features.ts";
import { createRing, type RingWriter } from "../ring/ring.ts";
import type { SpawnThread, WorkerThread } from "../signal/thread.ts";
import { SeededRandom } from "../testing/seeded-random.ts";
import type { FromDiagnosisThread, ToDiagnosisThread } from "./diagnosis-messages.ts";
import { DiagnosisWorker, SILENT_MAX_MS, WINDOWS_PENDING_MAX } from "./diagnosis-worker.ts";

const WINDOW_SAMPLES = 256;
const NO_HISTORY = new SharedArrayBuffer(0);

/** As the host does it, in a checkout. */
const spawnReal: SpawnThread = (name, data) => {
  const worker = new Worker(new URL(`./${name}.ts`, import.meta.url), { workerData: data });
  let cause: Error | null = null;
  worker.on("error", (error) => {
    cause = error as Error;
  });
  const exited = new Promise<void>((resolve) => worker.once("exit", () => resolve()));
  return {
    postMessage: (message) => worker.postMessage(message),
    onMessage: (listener) => void worker.on("message", listener),
    onExit: (listener) => void worker.once("exit", () => listener(cause)),
    async end() {
      await exited;
    },
  };
};

/** A thread that answers when the test says so. */
class HeldThread implements WorkerThread {
  readonly asked: ToDiagnosisThread[] = [];
  answer: (message: FromDiagnosisThread) => void = () => {};
  exit: (cause: Error | null) => void = () => {};

  postMessage(message: unknown): void {
    this.asked.push(message as ToDiagnosisThread);
  }
  onMessage(listener: (message: unknown) => void): void {
    this.answer = listener;
  }
  onExit(listener: (cause: Error | null) => void): void {
    this.exit = listener;
  }
  async end(): Promise<void> {
    this.exit(null);
  }
}

interface Answer {
  readonly channel: number;
  readonly values: readonly number[] | null;
  readonly at: number;
  readonly reason: string | null;
}

/** A worker over some rings, and what it says; `until` waits for that many answers or a failure. */
function workerOver(rings: readonly RingWriter[], spawn: SpawnThread) {
  const answers: Answer[] = [];
  const failures: Error[] = [];
  let wake = () => {};
  const worker = new DiagnosisWorker({
    data: {
      channels: rings.map((ring) => ({
        ring: ring.buffer,
        windowSamples: WINDOW_SAMPLES,
        diagnosis: null,
      })),
      signals: { layout: { slots: [], apartMs: [] }, history: NO_HISTORY, rows: [], watched: [] },
      learnMs: 1_000,
      standing: [],
      inheritance: null,
    },
    spawn,
    onFeatures(channel, values, at, reason) {
      answers.push({ channel, values: values && [...values], at, reason });
      wake();
    },
    onSaid: () => {},
    onSignalsSaid: () => {},
    onRefused: () => {},
    onFailure(error) {
      failures.push(error);
      wake();
    },
  });
  onTestFinished(() => worker.close());
  const until = async (count: number) => {
    while (answers.length + failures.length < count) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  };
  return { worker, answers, failures, until };
}

function noise(seed: number): Float32Array {
  const random = new SeededRandom(seed);
  return Float32Array.from({ length: WINDOW_SAMPLES }, () => random.normal());
}

describe("on a real thread", () => {
  test("the features of each window are those of the pure function", async () => {
    const rings = [createRing(1_024, 2 ** 32 - 300), createRing(512)];
    const { worker, answers, until } = workerOver(rings, spawnReal);
    const expected: Answer[] = [];
    for (let window = 0; window < 6; window++) {
      const channel = window % 2;
      const samples = noise(window);
      const ring = rings[channel]!;
      ring.write(samples, 0, WINDOW_SAMPLES, 1, window);
      worker.windowComplete(channel, ring.written, window, null);
      const values = new Float64Array(4);
      computeFeatures(samples, WINDOW_SAMPLES, values);
      expected.push({ channel, values: [...values], at: window, reason: null });
      await until(window + 1);
    }
    expect(answers).toEqual(expected);
    expect(worker.dropped).toBe(0);
  });

  test("a window that is gone, flat or not a number has no features but a reason", async () => {
    const ring = createRing(512);
    const { worker, answers, until } = workerOver([ring], spawnReal);
    for (let block = 0; block < 3; block++) ring.write(noise(1), 0, WINDOW_SAMPLES, 1, block);
    worker.windowComplete(0, WINDOW_SAMPLES, 10, null);
    await until(1);
    const flat = new Float32Array(WINDOW_SAMPLES);
    ring.write(flat, 0, WINDOW_SAMPLES, 1, 20);
    worker.windowComplete(0, ring.written, 20, null);
    await until(2);
    ring.write(flat.fill(Number.NaN), 0, WINDOW_SAMPLES, 1, 30);
    worker.windowComplete(0, ring.written, 30, null);
    await until(3);
    expect(answers).toEqual([
      { channel: 0, values: null, at: 10, reason: "overrun" },
      { channel: 0, values: null, at: 20, reason: "sensor-fault" },
      { channel: 0, values: null, at: 30, reason: "sensor-fault" },
    ]);
  });

  test("a thread that dies is reported once; what it owed is counted as dropped", async () => {
    const { worker, failures, until } = workerOver([createRing(512)], (name) =>
      spawnReal(name, { channels: "none" }),
    );
    worker.windowComplete(0, WINDOW_SAMPLES, 1, null);
    await until(1);
    expect(failures).toHaveLength(1);
    expect(failures[0]!.message).not.toBe("");
    worker.windowComplete(0, WINDOW_SAMPLES, 2, null);
    expect(worker.dropped).toBe(2);
    await worker.close();
    expect(failures).toHaveLength(1);
  });
});

describe("a thread that lags", () => {
  test("gets so many windows of a channel and no more; the rest is counted", () => {
    const thread = new HeldThread();
    const { worker } = workerOver([createRing(512), createRing(512)], () => thread);
    for (let window = 0; window < WINDOWS_PENDING_MAX + 3; window++) {
      worker.windowComplete(0, 0, window, null);
    }
    worker.windowComplete(1, 0, 99, null);
    expect(thread.asked).toHaveLength(WINDOWS_PENDING_MAX + 1);
    expect(worker.dropped).toBe(3);
    thread.answer({ t: "none", channel: 0, reason: "overrun", at: 0, said: null });
    worker.windowComplete(0, 0, 100, null);
    expect(thread.asked).toHaveLength(WINDOWS_PENDING_MAX + 2);
  });

  test("is not started before the first window, and says nothing after it is closed", async () => {
    const thread = new HeldThread();
    let started = 0;
    const { worker, answers, failures } = workerOver([createRing(512)], () => {
      started++;
      return thread;
    });
    expect(started).toBe(0);
    worker.windowComplete(0, 0, 1, null);
    worker.windowComplete(0, 0, 2, null);
    expect(started).toBe(1);
    await worker.close();
    thread.answer({ t: "none", channel: 0, reason: "overrun", at: 1, said: null });
    expect({ answers, failures }).toEqual({ answers: [], failures: [] });
  });
});

describe("a thread that hangs", () => {
  const look = (worker: DiagnosisWorker, at: number) => worker.windowComplete(0, 0, at, null);

  test("is ended and reported once it has said nothing for too long, though it was asked", () => {
    const thread = new HeldThread();
    const { worker, failures } = workerOver([createRing(512)], () => thread);
    for (let at = 0; at < SILENT_MAX_MS; at += 1_000) look(worker, at);
    expect(failures).toEqual([]);
    look(worker, SILENT_MAX_MS);
    look(worker, SILENT_MAX_MS + 1_000);
    expect(failures.map(({ message }) => message)).toEqual(["it has not answered for 60 s"]);
    expect(thread.asked).toHaveLength(WINDOWS_PENDING_MAX);
  });

  test("is noticed where there are signals alone, by what it was to say of what it learned", () => {
    const thread = new HeldThread();
    const { worker, failures } = workerOver([], () => thread);
    worker.lookAtSignals(1_000, 5, "WORKING");
    worker.lookAtSignals(2 * SILENT_MAX_MS, 5, "WORKING");
    expect(failures).toEqual([]);
    void worker.learned();
    worker.lookAtSignals(3 * SILENT_MAX_MS, 5, "WORKING");
    expect(failures).toHaveLength(1);
  });

  test("is not what one is that answers each window late, or was not asked", () => {
    const thread = new HeldThread();
    const { worker, failures } = workerOver([createRing(512)], () => thread);
    for (let at = 0; at < 10 * SILENT_MAX_MS; at += SILENT_MAX_MS - 1) {
      look(worker, at);
      thread.answer({ t: "none", channel: 0, reason: "overrun", at, said: null });
    }
    expect(failures).toEqual([]);
  });

  test("is a real one that a loop holds, too", async () => {
    const { worker, failures, until } = workerOver([createRing(512)], () => {
      const stuck = new Worker("for (;;);", { eval: true });
      const exited = new Promise<void>((resolve) => stuck.once("exit", () => resolve()));
      return {
        postMessage: (message) => stuck.postMessage(message),
        onMessage: (listener) => void stuck.on("message", listener),
        onExit: (listener) => void stuck.once("exit", () => listener(null)),
        async end() {
          void stuck.terminate();
          await exited;
        },
      };
    });
    look(worker, 0);
    look(worker, SILENT_MAX_MS);
    await until(1);
    expect(failures).toHaveLength(1);
    await worker.close();
  });
});
