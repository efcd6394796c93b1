import { setImmediate as turn } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { FakeClock } from "../../runtime/testing/fake-clock.ts";
import { LIMITS } from "./frames.ts";
import { MemorySource, numbers, RawReader, type Serving, serve, until } from "./test-rig.ts";

let clock: FakeClock;
let source: MemorySource;
let serving: Serving;
let readers: RawReader[];

beforeEach(async () => {
  clock = new FakeClock();
  source = new MemorySource(clock);
  serving = await serve(source, clock);
  readers = [];
});

afterEach(async () => {
  for (const reader of readers) reader[Symbol.dispose]();
  await serving[Symbol.asyncDispose]();
});

async function connected(options: { autoPong?: boolean } = {}): Promise<RawReader> {
  const reader = new RawReader(serving.url, options);
  readers.push(reader);
  await reader.wait("hello");
  return reader;
}

/** A reader of the log that has said where to begin. */
async function reading(fields: object = { from: "oldest" }): Promise<RawReader> {
  const reader = await connected();
  reader.say({ t: "subscribe", sub: "a", mode: "log", ...fields });
  return reader;
}

const ack = (seq: number) => ({ t: "ack", sub: "a", epoch: source.epoch, seq });

describe("reading the log", () => {
  test("hello says who it is, what there is and what is allowed", async () => {
    source.append(5);
    source.acked["cloud"] = 3;
    const { frames } = await connected();
    expect(frames[0]).toEqual({
      t: "hello",
      v: 1,
      ...source.facts(),
      limits: LIMITS,
      rights: ["read", "acknowledge"],
    });
  });

  test("from the oldest everything comes in order, and then live", async () => {
    source.append(2_500);
    const reader = await reading({ from: "oldest", window: 10_000 });
    const live = await reader.wait("live");
    expect(live.seq).toBe(2_500);
    expect(reader.positions).toEqual(numbers(1, 2_500));
    expect(reader.holes(1)).toEqual([]);
    expect(reader.of("records").every(({ late }) => late)).toBe(true);
    expect(reader.of("records").every(({ records }) => records.length <= 1_000)).toBe(true);
    source.append(1);
    await until(() => reader.positions.length === 2_501, "the next record");
    expect(reader.of("records").at(-1)).toMatchObject({ from: 2_501, to: 2_501, late: false });
    expect(reader.of("live")).toHaveLength(1);
  });

  test("from the newest nothing of the past comes", async () => {
    source.append(10);
    const reader = await reading({ from: "newest" });
    expect((await reader.wait("live")).seq).toBe(10);
    source.append(3);
    await until(() => reader.positions.length === 3, "three records");
    expect(reader.positions).toEqual([11, 12, 13]);
  });

  test("from a cursor it goes on after it", async () => {
    source.append(10);
    const reader = await reading({ from: { epoch: source.epoch, seq: 7 } });
    await reader.wait("live");
    expect(reader.positions).toEqual([8, 9, 10]);
  });

  test("an empty journal is live at once, at position 0", async () => {
    const reader = await reading();
    expect((await reader.wait("live")).seq).toBe(0);
  });

  test.each([
    { name: "another epoch", cursor: { epoch: "other", seq: 3 } },
    { name: "a position that does not exist yet", cursor: { epoch: "epoch-1", seq: 11 } },
  ])("$name is answered with a reset and the oldest records", async ({ cursor }) => {
    source.append(10);
    const reader = await reading({ from: cursor });
    await reader.wait("live");
    expect(reader.of("reset")).toEqual([
      { t: "reset", sub: "a", old: cursor.epoch, epoch: "epoch-1", oldest: 1 },
    ]);
    expect(reader.positions).toEqual(numbers(1, 10));
  });

  test("a filter lets little through and still proves that nothing was left out", async () => {
    source.append(30);
    const reader = await reading({ from: "oldest", filter: { kinds: ["device"] }, window: 4 });
    for (let seq = 12; seq <= 30; seq += 12) {
      await until(() => reader.positions.length >= Math.min(10, seq / 3), "records");
      reader.say(ack(seq));
    }
    await reader.wait("live");
    expect(reader.positions).toEqual([3, 6, 9, 12, 15, 18, 21, 24, 27, 30]);
    source.append(2);
    await until(() => reader.of("records").at(-1)!.to === 32, "the empty range");
    expect(reader.of("records").at(-1)!.records).toEqual([]);
    expect(reader.holes(1)).toEqual([]);
  });

  test("a filter of signals leaves out what has no signal", async () => {
    source.append(12);
    const reader = await reading({ from: "oldest", filter: { signals: ["pressure"] } });
    await reader.wait("live");
    expect(reader.positions).toEqual([1, 5, 7, 11]);
  });

  test("what a quota has dropped is one gap, in its place", async () => {
    source.append(20);
    source.forget(12);
    const reader = await reading({ from: { epoch: source.epoch, seq: 4 } });
    await reader.wait("live");
    expect(reader.of("gap")).toEqual([
      { t: "gap", sub: "a", from: 5, to: 12, reason: "quota", counts: { value: 12 } },
    ]);
    expect(reader.positions).toEqual(numbers(13, 20));
    expect(reader.holes(5)).toEqual([]);
  });

  test("two subscriptions of one connection do not disturb each other", async () => {
    source.append(5);
    const reader = await reading();
    reader.say({ t: "subscribe", sub: "b", mode: "log", from: { epoch: source.epoch, seq: 3 } });
    await reader.wait("live", 2);
    const ranges = reader.of("records").map(({ sub, from, to }) => `${sub} ${from}-${to}`);
    expect(ranges.sort()).toEqual(["a 1-5", "b 4-5"]);
    reader.say({ t: "unsubscribe", sub: "a" });
    await reader.settled();
    source.append(1);
    await reader.wait("records", 3);
    await reader.settled();
    expect(reader.of("records").at(-1)!.sub).toBe("b");
    expect(reader.of("records")).toHaveLength(3);
  });

  test("a journal that does not answer sends the reader away with a word", async () => {
    source.append(5);
    source.failure = new Error("disk I/O error");
    const reader = await reading();
    expect(await reader.closed()).toBe(1012);
    expect(reader.of("bye")[0]).toMatchObject({ retryAfter: 1 });
  });
});

describe("the window", () => {
  test("no more records are unacknowledged than it says", async () => {
    source.append(100);
    const reader = await reading({ from: "oldest", window: 10 });
    await reader.wait("records");
    await reader.settled();
    expect(reader.positions).toEqual(numbers(1, 10));
    reader.say(ack(10));
    await until(() => reader.positions.length === 20, "the next ten");
    await reader.settled();
    expect(reader.positions).toEqual(numbers(1, 20));
  });

  test("records that come one by one fill it as well", async () => {
    const reader = await reading({ from: "oldest", window: 3 });
    await reader.wait("live");
    for (const seq of [1, 2, 3]) {
      source.append(1);
      await until(() => reader.positions.length === seq, "a record");
    }
    source.append(5);
    await reader.settled();
    expect(reader.positions).toEqual([1, 2, 3]);
    reader.say(ack(2));
    await until(() => reader.positions.length === 5, "two more");
    reader.say(ack(5));
    await until(() => reader.positions.length === 8, "the rest");
    expect(reader.holes(1)).toEqual([]);
  });

  test("an acknowledgement of what was never sent opens nothing", async () => {
    source.append(50);
    const reader = await reading({ from: "oldest", window: 5, consumer: "cloud" });
    await reader.wait("records");
    reader.say(ack(1_000_000));
    await until(() => reader.positions.length === 10, "the next five");
    await reader.settled();
    expect(reader.positions).toHaveLength(10);
    expect(source.acked).toEqual({ cloud: 5 });
  });

  test("a reader that does not read its socket is not read for", async () => {
    source.append(3_000, "x".repeat(10_000));
    const reader = await reading({ from: "oldest", window: 10_000 });
    reader.socket.pause();
    let pagesBefore = -1;
    // The kernel's buffers take some megabytes before the server's own begins to grow.
    for (let round = 0; pagesBefore !== source.pages; round++) {
      pagesBefore = source.pages;
      for (let turns = 0; turns < 500; turns++) await turn();
      expect(round).toBeLessThan(100);
    }
    expect(source.pages).toBeGreaterThan(0);
    // 30 MB in pages of a quarter of a megabyte would be more than a hundred.
    expect(source.pages).toBeLessThan(80);
    reader.socket.resume();
    await until(() => {
      clock.advance(20);
      return reader.of("live").length === 1;
    }, "the rest");
    expect(reader.positions).toEqual(numbers(1, 3_000));
  });
});

describe("named consumers", () => {
  test("one that leaves `from` out goes on where it last acknowledged", async () => {
    source.append(10);
    const first = await reading({ consumer: "cloud" });
    await first.wait("live");
    first.say(ack(4));
    await first.settled();
    first.socket.close();
    await first.closed();
    const second = await reading({ consumer: "cloud" });
    await second.wait("live");
    expect(second.positions).toEqual(numbers(5, 10));
  });

  test("a second connection of one consumer ends the first", async () => {
    source.append(3);
    const first = await reading({ consumer: "cloud" });
    await first.wait("live");
    const second = await reading({ consumer: "cloud" });
    expect(await first.closed()).toBe(4409);
    await second.wait("live");
    source.append(1);
    await until(() => second.positions.includes(4), "the next record");
  });

  test("who may not acknowledge may not be a consumer", async () => {
    await using guarded = await serve(source, clock, () => ({ rights: ["read"] }));
    const reader = new RawReader(guarded.url);
    readers.push(reader);
    await reader.wait("hello");
    reader.say({ t: "subscribe", sub: "a", mode: "log", consumer: "cloud" });
    expect((await reader.wait("error")).code).toBe("not-allowed");
  });

  test("an acknowledgement of another epoch is refused", async () => {
    source.append(3);
    const reader = await reading({ consumer: "cloud" });
    await reader.wait("live");
    reader.say({ ...ack(3), epoch: "other" });
    expect((await reader.wait("error")).code).toBe("bad-arguments");
    expect(source.acked).toEqual({});
  });
});

describe("latest values", () => {
  test("the first frame has every signal, the next ones what has changed", async () => {
    source.write(0, 7);
    const reader = await connected();
    reader.say({ t: "subscribe", sub: "v", mode: "latest", maxRate: 10 });
    expect(await reader.wait("latest")).toMatchObject({
      values: { flow: { value: 7 }, pressure: { value: null, reason: "not-connected" } },
      skipped: 0,
    });
    clock.advance(100);
    await reader.settled();
    expect(reader.of("latest")).toHaveLength(1);
    for (const value of [1, 2, 3]) source.write(1, value);
    source.write(0, 8);
    clock.advance(100);
    const { values, skipped } = await reader.wait("latest", 2);
    expect(values).toEqual({
      flow: { value: 8, quality: "good", age: 0 },
      pressure: { value: 3, quality: "good", age: 0 },
    });
    expect(skipped).toBe(2);
  });

  test("only the signals that were asked for", async () => {
    const reader = await connected();
    reader.say({ t: "subscribe", sub: "v", mode: "latest", filter: { signals: ["flow"] } });
    expect(Object.keys((await reader.wait("latest")).values)).toEqual(["flow"]);
  });
});
