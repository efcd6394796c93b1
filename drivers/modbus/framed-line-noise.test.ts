// A line of its own time, with everything that can happen to an answer: thousands of reads, not one
// of which may bring a value that is not the answer to it.

import { describe, expect, test } from "vitest";
import { Fault } from "../../runtime/signal/fault.ts";
import { silentLog } from "../../runtime/signal/log.ts";
import { silentWire } from "../../runtime/signal/wire.ts";
import { FakeClock } from "../../runtime/testing/fake-clock.ts";
import { type SeededRandom, withSeed } from "../../runtime/testing/seeded-random.ts";
import { codeOf } from "../shared/test-rig.ts";
import type { ByteListener } from "./byte-port.ts";
import { FramedLine } from "./framed-line.ts";
import { ascii, type Framing, rtu } from "./framing.ts";

const TIMEOUT_MS = 50;
const LATENESS_MAX_MS = 100;
const READS = 500;
/** All alike in unit, function and length: only time tells their answers apart. */
const ADDRESSES = 8;

type Deed = "late" | "lost" | "torn" | "flipped" | "gained" | "noisy" | "slow" | "twice";
const DEEDS: readonly Deed[] = [
  "late",
  "late",
  "lost",
  "torn",
  "flipped",
  "gained",
  "noisy",
  "slow",
  "twice",
];

/** Now and then the device does nothing for so long at most; what it was asked waits. */
const STALL_MAX_MS = 900;
const STALL_SHARE = 0.01;

/**
 * Answers request n with n. Some answers are later than is declared. A late answer holds up those
 * behind it, as a gateway's or an adapter's buffer does.
 */
class Device {
  requests = 0;
  readonly done: Record<string, number> = {};
  readonly #clock: FakeClock;
  readonly #random: SeededRandom;
  readonly #framing: Framing;
  #freeAt = 0;

  constructor(clock: FakeClock, random: SeededRandom, framing: Framing) {
    this.#clock = clock;
    this.#random = random;
    this.#framing = framing;
  }

  answer(listener: ByteListener, request: Uint8Array): void {
    const count = this.#framing.decode(request)![5]!;
    this.requests += 1;
    const bytes = 2 * count;
    const data = Buffer.alloc(bytes);
    data.writeUInt16BE(this.requests, bytes - 2);
    const frame = this.#framing.encode(1, Uint8Array.of(3, bytes, ...data));
    const deed = this.#random.chance(0.4) ? this.#random.pick(DEEDS) : "none";
    this.done[deed] = (this.done[deed] ?? 0) + 1;
    if (this.#random.chance(STALL_SHARE)) {
      const from = Math.max(this.#freeAt, this.#clock.mono());
      this.#freeAt = from + this.#random.integer(1, STALL_MAX_MS);
    }
    this.#send(listener, this.#pieces(deed, frame));
  }

  #send(listener: ByteListener, pieces: readonly (readonly [number, Uint8Array])[]): void {
    for (const [delayMs, bytes] of pieces) {
      const at = Math.max(this.#freeAt, this.#clock.mono() + delayMs);
      this.#freeAt = at;
      this.#clock.after(at - this.#clock.mono(), () => listener.onBytes(bytes));
    }
  }

  #pieces(deed: Deed | "none", frame: Uint8Array): (readonly [number, Uint8Array])[] {
    const random = this.#random;
    const at = random.integer(0, frame.length - 1);
    const around = (bytes: readonly number[]) =>
      Uint8Array.of(...frame.subarray(0, at), ...bytes, ...frame.subarray(at));
    switch (deed) {
      case "lost":
        return [];
      case "late":
        return [[random.integer(TIMEOUT_MS - 5, TIMEOUT_MS + 3 * LATENESS_MAX_MS), frame]];
      case "torn":
        return [[3, frame.subarray(0, at)]];
      case "gained":
        return [[3, around([random.integer(0, 255)])]];
      case "noisy":
        return [
          [1, Uint8Array.of(random.integer(0, 255))],
          [random.integer(1, 40), frame],
        ];
      case "slow":
        return Array.from(frame, (byte) => [4, Uint8Array.of(byte)] as const);
      case "twice":
        return [
          [3, frame],
          // Within the silence that parts frames; later nothing could tell it from an answer.
          [random.integer(3, 4), frame],
        ];
      case "flipped": {
        const spoilt = Uint8Array.from(frame);
        // One character of ASCII: its sum sees that, and not each combination of two.
        spoilt[at] = spoilt[at]! ^ (1 << random.integer(0, 7));
        return [[3, spoilt]];
      }
      case "none":
        return [[random.integer(1, TIMEOUT_MS - 10), frame]];
    }
  }
}

/** A line whose port is a function: it is called with each request. */
function lineOf(
  clock: FakeClock,
  framing: Framing,
  asked: (listener: ByteListener, request: Uint8Array) => void,
) {
  return new FramedLine({
    place: "Bus plant",
    framing,
    open: async (listener) => ({
      isOpen: true,
      write: (request) => asked(listener, request),
      async close() {},
    }),
    reopensWhenMute: false,
    latenessMaxMs: LATENESS_MAX_MS,
    characterMs: 0,
    gapMs: 2,
    echo: false,
    clock,
    timers: clock,
    log: silentLog,
  });
}

describe("a line on which others talk", () => {
  const ASK = { kind: "read", table: "holding", address: 0, count: 1 } as const;
  const target = { unitId: 1, timeoutMs: TIMEOUT_MS, wire: silentWire };
  const answer = rtu.encode(1, Uint8Array.of(3, 2, 0, 9));

  /** After the first answer a byte comes each millisecond, for so long. */
  async function talkFor(talkMs: number) {
    const clock = new FakeClock();
    const asked: number[] = [];
    const line = lineOf(clock, rtu, (listener) => {
      asked.push(clock.mono());
      listener.onBytes(answer);
      if (asked.length > 1) return;
      const talk = clock.every(1, () => listener.onBytes(Uint8Array.of(0x55)));
      clock.after(talkMs, () => talk.cancel());
    });
    const first = codeOf(line.request(target, ASK));
    await clock.advanceAsync(10, 1);
    const second = codeOf(line.request(target, ASK));
    await clock.advanceAsync(3_000, 10);
    const codes = [await first, await second];
    await line.close();
    return { asked, codes };
  }

  test("is not spoken into: the request waits for its silence", async () => {
    const { asked, codes } = await talkFor(100);
    expect(codes).toEqual(["no fault: null", "no fault: null"]);
    expect(asked[1]! - asked[0]!).toBeGreaterThanOrEqual(100);
  });

  test("and never ends is told so", async () => {
    const { asked, codes } = await talkFor(10_000);
    expect(codes).toEqual(["no fault: null", "BUS_WRONG_ANSWER"]);
    expect(asked.length).toBe(1);
  });
});

test.each([rtu, ascii])("no read over $name brings what is not its answer", async (framing) => {
  await withSeed(async (random) => {
    const clock = new FakeClock();
    const device = new Device(clock, random, framing);
    const line = lineOf(clock, framing, (listener, request) => device.answer(listener, request));
    const outcomes: Record<string, number> = {};
    for (let read = 0; read < READS; read++) {
      const address = random.integer(0, ADDRESSES - 1);
      const target = { unitId: 1, timeoutMs: TIMEOUT_MS, wire: silentWire };
      let outcome: string | null = null;
      const count = random.pick([1, 1, 2, 2, 3]);
      const attempt = line.request(target, { kind: "read", table: "holding", address, count });
      attempt.then(
        (bytes) => {
          const number = Buffer.from(bytes).readUInt16BE(bytes.length - 2);
          outcome = number === device.requests ? "right" : "wrong";
        },
        (error: unknown) => {
          outcome = error instanceof Fault ? error.code : "untyped";
        },
      );
      while (outcome === null) await clock.advanceAsync(5);
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
      if (random.chance(0.2)) await clock.advanceAsync(random.integer(1, 50));
    }
    await line.close();
    expect(Object.keys(outcomes).sort()).toEqual([
      "BUS_CHECKSUM",
      "BUS_TIMEOUT",
      ...(outcomes["BUS_WRONG_ANSWER"] ? ["BUS_WRONG_ANSWER"] : []),
      "right",
    ]);
    expect(outcomes["right"]).toBeGreaterThan(READS / 3);
    expect(Object.keys(device.done).length).toBe(new Set(DEEDS).size + 1);
  });
});
