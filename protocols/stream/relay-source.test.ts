import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { FakeClock } from "../../runtime/testing/fake-clock.ts";
import { StreamClient } from "./client.ts";
import type { SignalSummary } from "./frames.ts";
import { RelaySource } from "./relay-source.ts";
import { Unanswerable } from "./source.ts";
import { MemorySource, numbers, RawReader, type Serving, serve, until } from "./test-rig.ts";

let clock: FakeClock;
let meter: MemorySource;
let meterServing: Serving;
let client: StreamClient;
let relay: RelaySource;
let gatewayServing: Serving;
let readers: RawReader[];

const SIGNALS = ["flow", "pressure"].map(
  (name): SignalSummary => ({
    name,
    description: "",
    unit: "1",
    range: [null, null],
    staleMs: 5_000,
    source: "device",
  }),
);

beforeEach(async () => {
  clock = new FakeClock();
  meter = new MemorySource(clock);
  readers = [];
});

afterEach(async () => {
  for (const reader of readers) reader[Symbol.dispose]();
  client.close();
  await gatewayServing[Symbol.asyncDispose]();
  await meterServing[Symbol.asyncDispose]();
});

/** A meter that has `before` records, and a gateway that follows it. */
async function follow(before: number): Promise<void> {
  meter.append(before);
  meterServing = await serve(meter, clock);
  client = new StreamClient({ url: meterServing.url, timers: clock, random: () => 0 });
  client.open();
  await until(() => client.hello !== null, "the meter");
  relay = new RelaySource(client, clock, client.hello!, SIGNALS);
  relay.open();
  gatewayServing = await serve(relay, clock);
}

async function reading(fields: object, url = gatewayServing.url): Promise<RawReader> {
  const reader = new RawReader(url);
  readers.push(reader);
  await reader.wait("hello");
  reader.say({ t: "subscribe", sub: "a", mode: "log", window: 10_000, ...fields });
  return reader;
}

const recordsOf = (reader: RawReader) => reader.of("records").flatMap(({ records }) => records);

describe("the log through the gateway", () => {
  test("a reader of the tail and one that lags get the records as from the meter", async () => {
    await follow(500);
    const lagging = await reading({ from: "oldest" });
    const tail = await reading({ from: "newest" });
    await tail.wait("live");
    const direct = await reading({ from: "oldest" }, meterServing.url);
    for (let batch = 0; batch < 50; batch++) meter.append(10);
    for (const reader of [lagging, tail, direct]) {
      await until(() => reader.positions.at(-1) === 1_000, "the last record");
    }
    expect(direct.positions).toEqual(numbers(1, 1_000));
    expect(recordsOf(lagging)).toEqual(recordsOf(direct));
    expect(recordsOf(tail)).toEqual(recordsOf(direct).slice(500));
    expect(lagging.holes(1)).toEqual([]);
    expect(tail.holes(501)).toEqual([]);
  });

  test("commits that come close together wake every reader for the last of them", async () => {
    await follow(0);
    const reader = await reading({ from: "oldest" });
    await reader.wait("live");
    for (let round = 1; round <= 200; round++) {
      meter.append(1);
      meter.append(1);
      await until(() => reader.positions.length === 2 * round, "both records");
    }
    expect(reader.holes(1)).toEqual([]);
  });

  test("filters hold in the tail as they do in the journal", async () => {
    await follow(30);
    const filter = { kinds: ["sample"], signals: ["pressure"] };
    const reader = await reading({ from: "oldest", filter });
    await reader.wait("live");
    meter.append(30);
    await until(() => reader.of("records").at(-1)?.to === 60, "the last range");
    const direct = await reading({ from: "oldest", filter }, meterServing.url);
    await direct.wait("live");
    expect(reader.positions).toEqual(direct.positions);
    expect(reader.holes(1)).toEqual([]);
  });

  test("a tail that was cut back sends who lags to the meter, and loses nothing", async () => {
    await follow(0);
    const reader = await reading({ from: "oldest", window: 100 });
    await reader.wait("live");
    for (let batch = 0; batch < 25; batch++) {
      meter.append(1_000);
      await until(() => relay.facts().newest === meter.newest, "the relay");
    }
    for (let seq = 100; reader.positions.length < 25_000; seq += 100) {
      await until(() => reader.positions.length >= Math.min(seq, 25_000), "a window");
      reader.say({ t: "ack", sub: "a", epoch: meter.epoch, seq: reader.positions.at(-1) });
    }
    expect(reader.positions).toEqual(numbers(1, 25_000));
    expect(reader.holes(1)).toEqual([]);
    expect(meter.pages).toBeGreaterThan(100);
  });

  test("a gap that the meter reports is a gap here", async () => {
    await follow(20);
    meter.forget(12);
    const reader = await reading({ from: { epoch: meter.epoch, seq: 3 } });
    await reader.wait("live");
    expect(reader.of("gap")[0]).toMatchObject({ from: 4, to: 12, reason: "quota" });
    expect(reader.positions).toEqual(numbers(13, 20));
  });

  test("an acknowledgement is the meter's before it is ours", async () => {
    await follow(5);
    const reader = await reading({ from: "oldest", consumer: "cloud" });
    await reader.wait("live");
    reader.say({ t: "ack", sub: "a", epoch: meter.epoch, seq: 4 });
    await until(() => relay.facts().acked["cloud"] === 4, "the acknowledgement");
    expect(meter.acked).toEqual({ cloud: 4 });
  });

  test("a meter that refuses sends the reader away, who comes back", async () => {
    await follow(5);
    meter.failure = new Error("disk I/O error");
    const reader = await reading({ from: "oldest" });
    expect(await reader.closed()).toBe(1012);
  });

  test("what the old connection brings does not reach the next relay", async () => {
    await follow(5);
    relay.close();
    const next = new RelaySource(client, clock, { ...client.hello!, newest: 5 }, SIGNALS);
    next.open();
    meter.append(3);
    await until(() => next.facts().newest === 8, "the next relay");
    expect(relay.facts().newest).toBe(5);
    expect((await next.page(5, 10, {})).records).toHaveLength(3);
  });
});

describe("requests through the gateway", () => {
  test("are the meter's to answer", async () => {
    meter.answer = (what, args) => ({ what, args });
    await follow(0);
    const reader = await reading({ from: "newest" });
    reader.say({ t: "get", id: "1", what: "state", args: { x: 1 } });
    expect(await reader.wait("result")).toMatchObject({ value: { what: "state", args: { x: 1 } } });
  });

  test("the relay's own are not a reader's", async () => {
    await follow(5);
    const reader = await reading({ from: "newest" });
    const args = { consumer: "someone-else", seq: 5 };
    reader.say({ t: "get", id: "1", what: "acknowledge", args });
    expect(await reader.wait("result")).toMatchObject({ ok: false, error: { code: "unknown" } });
    expect(meter.acked).toEqual({});
  });
});

describe("many readers of the gateway", () => {
  test("share the one connection to the meter, and none is refused or sent away", async () => {
    meter.answer = (what) => what;
    await follow(3_000);
    const many: RawReader[] = [];
    for (let index = 0; index < 20; index++) {
      const reader = await reading({ from: "oldest" });
      for (let id = 0; id < 8; id++) reader.say({ t: "get", id: String(id), what: "state" });
      many.push(reader);
    }
    for (const reader of many) {
      await until(() => reader.positions.length === 3_000, "the last record");
      await reader.wait("result", 8);
      expect(reader.of("result").every(({ ok }) => ok)).toBe(true);
      expect(reader.closeCode).toBeNull();
    }
  });

  test("a page that too many want is asked for again", async () => {
    await follow(5);
    meter.failure = new Unanswerable("too-many", "busy");
    const reader = await reading({ from: "oldest" });
    await until(() => meter.pages > 0, "a page");
    await reader.settled();
    meter.failure = null;
    await until(() => {
      clock.advance(1);
      return reader.positions.length === 5;
    }, "the records");
    expect(reader.closeCode).toBeNull();
  });

  test("of a consumer's acknowledgements that wait, the newest is written", async () => {
    meter.answer = (what) => what;
    await follow(100);
    const asked = Array.from({ length: 12 }, () => relay.get("state", {}));
    const written = numbers(1, 50).map((seq) => relay.acknowledge("cloud", seq));
    await Promise.all([...asked, ...written]);
    expect(meter.acked).toEqual({ cloud: 50 });
    expect(meter.ackWrites).toBe(1);
  });
});

describe("latest values through the gateway", () => {
  test("grow older while they wait, and are withdrawn when nothing confirms them", async () => {
    await follow(0);
    await until(() => relay.latest.updates(0) === 1, "the first values");
    meter.write(0, 7);
    clock.advance(50);
    await until(() => relay.latest.updates(0) === 2, "a value");
    clock.advance(1_000);
    expect(relay.latest.live(0)).toEqual({ value: 7, quality: "good", age: 1_000 });
    // The meter hangs: its socket stands, and nothing comes.
    clock.advance(5_001);
    expect(relay.latest.live(0)).toEqual({
      value: null,
      quality: "bad",
      reason: "stale",
      age: 6_001,
      last: { value: 7, age: 6_001 },
    });
    expect(relay.latest.updates(0)).toBe(3);
    // What comes after it is another change.
    meter.write(0, 8);
    clock.advance(50);
    await until(() => relay.latest.live(0).value === 8, "the next value");
    expect(relay.latest.updates(0)).toBe(4);
  });

  test("a signal that was never heard of is bad, not zero", async () => {
    await follow(0);
    expect(relay.latest.live(1)).toMatchObject({ value: null, quality: "bad" });
  });
});

describe("commands through the gateway", () => {
  const COMMANDER = () => ({ rights: ["read", "instruct"] as const });

  test("a command reaches the meter as it is, and its answer the reader", async () => {
    await follow(0);
    await meterServing[Symbol.asyncDispose]();
    client.close();
    meterServing = await serve(meter, clock, COMMANDER);
    client = new StreamClient({ url: meterServing.url, timers: clock, random: () => 0 });
    client.open();
    await until(() => client.hello !== null, "the meter");
    relay = new RelaySource(client, clock, client.hello!, SIGNALS);
    await using commanding = await serve(relay, clock, COMMANDER);
    const reader = await reading({ from: "newest" }, commanding.url);
    reader.say({ t: "command", id: "1", name: "note", args: { a: [1] }, key: "k" });
    expect(await reader.wait("result")).toMatchObject({ ok: true, value: { result: "taken" } });
    expect(meter.commands).toEqual([{ name: "note", args: { a: [1] }, key: "k" }]);
    reader.say({ t: "command", id: "2", name: "dance" });
    expect(await reader.wait("result", 2)).toMatchObject({ ok: false, error: { code: "unknown" } });
  });

  test("a gateway without the right cannot give it to its readers", async () => {
    await follow(0);
    await using commanding = await serve(relay, clock, COMMANDER);
    const reader = await reading({ from: "newest" }, commanding.url);
    reader.say({ t: "command", id: "1", name: "note" });
    expect(await reader.wait("result")).toMatchObject({
      ok: false,
      error: { code: "not-allowed" },
    });
    expect(meter.commands).toEqual([]);
  });
});
