import { Worker } from "node:worker_threads";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createRing, RingReader, type RingWriter } from "./ring.ts";

const SEED = 20_260_417;
const WRAP = 2 ** 32;
/** From nothing, just before the sign bit, and so close to the wrap that a run passes it. */
const BEGINNINGS = [0, 2 ** 31 - 7, WRAP - 7] as const;

/** What a ring would be with memory without end: its samples are 0, 1, 2 and so on. */
class Model {
  count = 0;
  readonly ring: RingWriter;

  constructor(samplesMax: number, position: number) {
    this.ring = createRing(samplesMax, position);
  }

  write(count: number): void {
    this.ring.write(counting(this.count, count), 0, count, 1, this.count);
    this.count += count;
  }
}

function counting(from: number, count: number): Float32Array {
  return Float32Array.from({ length: count }, (_, index) => from + index);
}

const capacity = fc.constantFrom(1, 2, 8, 64);
const beginning = fc.constantFrom(...BEGINNINGS);

describe("a ring", () => {
  test("gives a reader every sample in order, and counts those it came too late for", () => {
    const step = fc.record({ write: fc.nat(64), read: fc.nat(80) });
    const law = (
      samplesMax: number,
      position: number,
      plan: readonly { readonly write: number; readonly read: number }[],
    ) => {
      const model = new Model(samplesMax, position);
      const reader = new RingReader(model.ring.buffer);
      let next = 0;
      let lost = 0;
      for (const { write, read } of plan) {
        if (write > 0) model.write(Math.min(write, samplesMax));
        const late = Math.max(0, model.count - samplesMax - next);
        next += late;
        lost += late;
        const into = new Float32Array(read);
        const got = reader.read(into);
        expect(got).toBe(Math.min(read, model.count - next));
        expect(into.subarray(0, got)).toEqual(counting(next, got));
        next += got;
        expect(reader.overwritten).toBe(lost);
        expect(reader.position).toBe((position + next) % WRAP);
      }
      expect(model.ring.written).toBe((position + model.count) % WRAP);
    };
    const plan = fc.array(step, { maxLength: 60 });
    fc.assert(fc.property(capacity, beginning, plan, law), { seed: SEED, numRuns: 500 });
  });

  test("gives any window that is still whole, and refuses every other", () => {
    const law = (
      samplesMax: number,
      position: number,
      blocks: readonly number[],
      back: number,
      size: number,
    ) => {
      const model = new Model(samplesMax, position);
      for (const block of blocks) model.write(1 + (block % samplesMax));
      const end = model.count - back;
      const from = end - size;
      fc.pre(from >= 0);
      const isWhole = end <= model.count && from >= model.count - samplesMax;
      const into = new Float32Array(size);
      const reader = new RingReader(model.ring.buffer);
      expect(reader.copyEndingAt((position + end) % WRAP, size, into)).toBe(isWhole);
      if (isWhole) expect(into).toEqual(counting(from, size));
    };
    const blocks = fc.array(fc.nat(64), { minLength: 1, maxLength: 20 });
    const back = fc.integer({ min: -3, max: 70 });
    fc.assert(fc.property(capacity, beginning, blocks, back, fc.nat(70), law), {
      seed: SEED,
      numRuns: 1_000,
    });
  });

  test("keeps each sample scaled and rounded to 32 bits", () => {
    const ring = createRing(4);
    ring.write(Float32Array.of(9, 3, -32_768), 1, 2, 0.1, 0);
    const into = new Float32Array(4);
    expect(new RingReader(ring.buffer, 0).read(into)).toBe(2);
    expect([...into.subarray(0, 2)]).toEqual([Math.fround(3 * 0.1), Math.fround(-32_768 * 0.1)]);
  });

  test("knows the instant of its newest sample, and none before the first", () => {
    const ring = createRing(8, WRAP - 3);
    const reader = new RingReader(ring.buffer);
    expect(reader.newest()).toBeNull();
    ring.write(counting(0, 2), 0, 2, 1, 1_000);
    expect(reader.newest()).toEqual({ position: WRAP - 1, at: 1_000 });
    ring.write(counting(2, 4), 0, 4, 1, 1_004);
    expect(reader.newest()).toEqual({ position: 3, at: 1_004 });
  });

  test("refuses a capacity that is no power of two, and a block that is larger than it", () => {
    expect(() => createRing(1_000)).toThrow(/power of two/);
    expect(() => createRing(8).write(new Float32Array(9), 0, 9, 1, 0)).toThrow(/capacity/);
  });
});

/** Reads without pause until the ring has `count` samples; each must be its own position. */
async function readOnAnotherThread(buffer: SharedArrayBuffer, count: number): Promise<unknown> {
  const code = `
    const { parentPort, workerData } = require("node:worker_threads");
    import(workerData.module).then(({ RingReader }) => {
      const { buffer, count } = workerData;
      const reader = new RingReader(buffer, 0);
      const into = new Float32Array(700);
      const seen = { wrong: 0, torn: 0, all: 0 };
      parentPort.postMessage("ready");
      while (reader.position < count) {
        const got = reader.read(into);
        const first = reader.position - got;
        for (let index = 0; index < got; index++) if (into[index] !== first + index) seen.wrong++;
        const newest = reader.newest();
        if (newest !== null && newest.at !== newest.position) seen.torn++;
        seen.all += got;
      }
      seen.all += reader.overwritten;
      parentPort.postMessage(seen);
    });`;
  const module = new URL("./ring.ts", import.meta.url).href;
  const worker = new Worker(code, { eval: true, workerData: { module, buffer, count } });
  await new Promise((resolve) => worker.once("message", resolve));
  return { result: new Promise((resolve) => worker.once("message", resolve)) };
}

test("a reader on another thread never takes what is torn for whole", async () => {
  // Float32 counts exactly up to here.
  const count = 2 ** 23;
  const ring = createRing(1_024);
  const { result } = (await readOnAnotherThread(ring.buffer, count)) as {
    result: Promise<unknown>;
  };
  const block = new Float32Array(512);
  for (let written = 0; written < count; ) {
    const size = Math.min(1 + (written % 512), count - written);
    for (let index = 0; index < size; index++) block[index] = written + index;
    written += size;
    ring.write(block, 0, size, 1, written);
  }
  expect(await result).toEqual({ wrong: 0, torn: 0, all: count });
});
