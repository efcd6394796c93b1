import { connect, type Socket } from "node:net";
import { setImmediate as turn } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { FakeClock } from "../../runtime/testing/fake-clock.ts";
import { LIMITS } from "./frames.ts";
import { MemorySource, RawReader, type Serving, serve, until } from "./test-rig.ts";

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

describe("what a reader must not do", () => {
  test.each([
    ["no JSON", "{"],
    ["no object", "7"],
    ["no type", "{}"],
    ["a rate of once in a month", '{"t":"subscribe","sub":"a","mode":"latest","maxRate":4e-7}'],
    ["an unknown type", '{"t":"dance"}'],
    ["a subscription without a name", '{"t":"subscribe","mode":"log"}'],
    ["a window of nothing", '{"t":"subscribe","sub":"a","mode":"log","window":0}'],
    [
      "a consumer that is a key of objects",
      '{"t":"subscribe","sub":"a","mode":"log","consumer":"__proto__"}',
    ],
    [
      "a negative position",
      '{"t":"subscribe","sub":"a","mode":"log","from":{"epoch":"e","seq":-1}}',
    ],
    ["an acknowledgement of no subscription", '{"t":"ack","sub":"none","epoch":"e","seq":1}'],
    ["a token where none is taken", '{"t":"auth","token":"x"}'],
  ])("%s is an error, and the connection goes on", async (_, text) => {
    const reader = await connected();
    reader.say(text);
    expect((await reader.wait("error")).message).not.toBe("");
    await reader.settled();
    expect(reader.closeCode).toBeNull();
  });

  test("a binary frame is an error", async () => {
    const reader = await connected();
    reader.socket.send(Buffer.from([1, 2, 3]));
    expect((await reader.wait("error")).code).toBe("bad-frame");
  });

  test("twenty bad frames within a minute end it, and no more is answered", async () => {
    const reader = await connected();
    for (let index = 0; index < 30; index++) reader.say("{");
    expect(await reader.closed()).toBe(4400);
    expect(reader.of("error")).toHaveLength(20);
  });

  test("bad frames of an earlier minute are forgotten", async () => {
    const reader = await connected();
    for (let index = 0; index < 19; index++) reader.say("{");
    await reader.wait("error", 19);
    await reader.settled();
    for (let second = 0; second < 6; second++) {
      clock.advance(10_000);
      await reader.settled();
    }
    for (let index = 0; index < 19; index++) reader.say("{");
    await reader.wait("error", 38);
    await reader.settled();
    expect(reader.closeCode).toBeNull();
  });

  test.each([
    { bytes: LIMITS.inboundBytesMax + 1, code: 4413 },
    { bytes: 5 * LIMITS.inboundBytesMax, code: 1009 },
  ])("a frame of $bytes bytes closes with $code", async ({ bytes, code }) => {
    const reader = await connected();
    reader.say("x".repeat(bytes));
    expect(await reader.closed()).toBe(code);
  });

  test("a command of a reader without the right is refused", async () => {
    const reader = await connected();
    reader.say({ t: "command", id: "1", name: "acknowledge-alarm", args: {} });
    expect(await reader.wait("result")).toMatchObject({
      ok: false,
      error: { code: "not-allowed" },
    });
  });

  test("a reader with the right brings commands, and hears what came of them", async () => {
    await using guarded = await serve(source, clock, () => ({ rights: ["read", "instruct"] }));
    using reader = new RawReader(guarded.url);
    expect((await reader.wait("hello")).rights).toEqual(["read", "instruct"]);
    reader.say({ t: "command", id: "1", name: "note", args: { a: 1 }, key: "k" });
    reader.say({ t: "command", id: "2", name: "none" });
    expect(await reader.wait("result", 2)).toMatchObject({ ok: false, error: { code: "unknown" } });
    expect(reader.of("result")[0]).toMatchObject({ id: "1", ok: true, value: { count: 1 } });
    expect(source.commands).toEqual([{ name: "note", args: { a: 1 }, key: "k" }]);
  });

  test.each([
    { right: "instruct", passes: ["note"] },
    { right: "alarms", passes: ["alarm-acknowledge", "alarm-shelve", "alarm-unshelve"] },
  ] as const)("the right to $right lets $passes through, nothing else", async (given) => {
    await using guarded = await serve(source, clock, () => ({ rights: ["read", given.right] }));
    using reader = new RawReader(guarded.url);
    await reader.wait("hello");
    const names = ["note", "alarm-acknowledge", "alarm-shelve", "alarm-unshelve"];
    for (const name of names) reader.say({ t: "command", id: name, name });
    await reader.wait("result", 4);
    const refused = reader
      .of("result")
      .filter((one) => !one.ok && one.error.code === "not-allowed");
    const passed = names.filter((name) => refused.every(({ id }) => id !== name));
    expect(passed).toEqual(given.passes);
  });

  test("more requests than allowed are refused, the others answered", async () => {
    const { promise, resolve } = Promise.withResolvers<string>();
    source.answer = () => promise;
    const reader = await connected();
    for (let id = 0; id <= LIMITS.requestsMax; id++) {
      reader.say({ t: "get", id: String(id), what: "state" });
    }
    const refused = await reader.wait("result");
    expect(refused).toMatchObject({ id: "16", ok: false, error: { code: "too-many" } });
    resolve("yes");
    await reader.wait("result", LIMITS.requestsMax + 1);
    reader.say({ t: "get", id: "again", what: "state" });
    expect(await reader.wait("result", 18)).toMatchObject({ id: "again", ok: true, value: "yes" });
  });

  test.each([
    { name: "asks", frame: (id: string) => ({ t: "get", id, what: "state" }) },
    { name: "sends pings", frame: (id: string) => ({ t: "ping", id }) },
  ])("who $name and reads nothing is not listened to, and sent away", async ({ frame }) => {
    const heard: number[] = [];
    const facts = source.facts.bind(source);
    // So that a few answers, of either kind, fill what the kernel holds of a socket.
    source.answer = () => {
      heard.push(1);
      return "x".repeat(200_000);
    };
    source.facts = () => ({ ...facts(), time: { ...facts().time, boot: bigBoot() } });
    const bigBoot = () => {
      heard.push(1);
      return "x".repeat(100_000);
    };
    const reader = await connected();
    reader.socket.pause();
    heard.length = 0;
    for (let asked = 0; asked < 4_000; asked++) {
      reader.say(frame(String(asked)));
      if (asked % 10 === 0) await turn();
    }
    await steady(() => heard.length);
    expect(heard.length).toBeLessThan(1_500);
    clock.advance(70_000);
    await until(() => serving.server.connections === 0, "the connection to be forgotten");
  });

  test("who asked for much and reads on gets every answer", async () => {
    source.answer = () => "x".repeat(200_000);
    const reader = await connected();
    reader.socket.pause();
    for (let asked = 0; asked < 400; asked++) {
      reader.say({ t: "get", id: String(asked), what: "state" });
      await turn();
    }
    reader.socket.resume();
    await until(() => {
      clock.advance(1);
      return reader.of("result").length === 400;
    }, "every answer");
    expect(reader.closeCode).toBeNull();
  });

  test("who begins consumers and acknowledges nothing begins no more than allowed", async () => {
    const begin = (reader: RawReader, index: number) =>
      reader.say({ t: "subscribe", sub: `s${index}`, mode: "log", consumer: `consumer-${index}` });
    const first = await connected();
    const second = await connected();
    const third = await connected();
    for (let index = 0; index < 32; index++) begin(first, index);
    for (let index = 32; index < LIMITS.consumersMax; index++) begin(second, index);
    await first.settled();
    await second.settled();
    begin(third, 100);
    expect((await third.wait("error")).code).toBe("too-many");
    // A name that was given back without an acknowledgement leaves room for another.
    first.say({ t: "unsubscribe", sub: "s0" });
    await first.settled();
    begin(third, 100);
    await third.wait("live");
  });

  test("more subscriptions than allowed are refused", async () => {
    const reader = await connected();
    for (let index = 0; index <= LIMITS.subscriptionsMax; index++) {
      reader.say({ t: "subscribe", sub: `s${index}`, mode: "log", from: "newest" });
    }
    expect((await reader.wait("error")).code).toBe("too-many");
    await reader.wait("live", LIMITS.subscriptionsMax);
    await reader.settled();
    expect(reader.of("live")).toHaveLength(LIMITS.subscriptionsMax);
  });
});

describe("requests", () => {
  test("an answer carries its id and the value", async () => {
    source.answer = (what, args) => ({ what, args });
    const reader = await connected();
    reader.say({ t: "get", id: 'a"b', what: "state", args: { x: 1 } });
    expect(await reader.wait("result")).toEqual({
      t: "result",
      id: 'a"b',
      ok: true,
      value: { what: "state", args: { x: 1 } },
    });
  });

  test("what cannot be asked is refused with its code", async () => {
    const reader = await connected();
    reader.say({ t: "get", id: "1", what: "moon" });
    expect(await reader.wait("result")).toMatchObject({ ok: false, error: { code: "unknown" } });
  });

  test("a ping gives the controller's instant", async () => {
    clock.advance(1_234);
    const reader = await connected();
    reader.say({ t: "ping", id: "1" });
    expect(await reader.wait("result")).toMatchObject({ value: { mono: 1_234, boot: "boot-1" } });
  });
});

describe("the connection", () => {
  test.each([
    { name: "another path", path: "/elsewhere", subprotocols: undefined, status: 404 },
    { name: "no sub-protocol", path: "/stream", subprotocols: [], status: 400 },
    { name: "another sub-protocol", path: "/stream", subprotocols: ["mqtt"], status: 400 },
  ])("$name is refused with $status at the upgrade", async ({ path, subprotocols, status }) => {
    const reader = new RawReader(`ws://127.0.0.1:${serving.port}${path}`, {
      ...(subprotocols ? { subprotocols } : {}),
    });
    readers.push(reader);
    await until(() => reader.refusal !== null, "the refusal");
    expect(reader.refusal).toContain(String(status));
  });

  test("the sub-protocol may stand among others", async () => {
    const subprotocols = ["mqtt", "telltale.stream.v1"];
    const reader = new RawReader(serving.url, { subprotocols });
    readers.push(reader);
    await reader.wait("hello");
    expect(reader.socket.protocol).toBe("telltale.stream.v1");
  });

  test("who is not admitted gets the reason as an HTTP status", async () => {
    await using guarded = await serve(source, clock, () => ({ status: 403, reason: "not you" }));
    const answer = await rawUpgrade(guarded.port);
    expect(answer).toMatch(/^HTTP\/1\.1 403 Forbidden\r\n[\s\S]*\r\n\r\nnot you$/);
  });

  test("who is refused and keeps its side open is cut off", async () => {
    await using guarded = await serve(source, clock, () => ({ status: 403, reason: "not you" }));
    let closed = 0;
    guarded.http.on("connection", (socket: Socket) => socket.on("close", () => closed++));
    const socket = connect({ port: guarded.port, host: "127.0.0.1", allowHalfOpen: true });
    let answer = "";
    socket.on("data", (data) => {
      answer += data.toString();
    });
    socket.on("error", () => undefined);
    socket.write(UPGRADE);
    await until(() => answer.endsWith("not you"), "the refusal");
    expect(closed).toBe(0);
    clock.advance(1_000);
    await until(() => closed === 1, "the socket to be closed");
    socket.destroy();
  });

  test("with nothing to read from the upgrade is refused with 503", async () => {
    await using empty = await serve(null, clock);
    expect(await rawUpgrade(empty.port)).toContain("503 Service Unavailable");
  });

  test("at most 200 readers are served; the next one is refused until one has gone", async () => {
    for (let index = 0; index < 200; index++) readers.push(new RawReader(serving.url));
    await Promise.all(readers.map((reader) => reader.wait("hello")));
    const refused = new RawReader(serving.url);
    await until(() => refused.refusal !== null, "the refusal");
    expect(refused.refusal).toContain("503");
    readers[0]!.socket.close();
    await until(() => serving.server.connections === 199, "one to go");
    await connected();
  });

  test("who says nothing for 5 s after opening is sent away", async () => {
    const silent = await connected();
    const talking = await connected();
    await talking.settled();
    clock.advance(5_000);
    expect(await silent.closed()).toBe(4408);
    await talking.settled();
  });

  test("a beat comes every 10 s, so that silence is never mistaken for nothing new", async () => {
    const reader = await connected();
    await reader.settled();
    source.append(2);
    clock.advance(10_000);
    expect(await reader.wait("beat")).toMatchObject({ newest: 2, time: { mono: 10_000 } });
  });

  test("a reader that answers no ping is dead after 45 s, one that does is not", async () => {
    const dead = await connected({ autoPong: false });
    const alive = await connected();
    await dead.settled();
    await alive.settled();
    for (let ping = 0; ping < 4; ping++) {
      clock.advance(15_000);
      await alive.settled();
    }
    expect(await dead.closed()).toBe(1006);
    await alive.settled();
  });

  test("a server that stops says goodbye and when to come back", async () => {
    const reader = await connected();
    serving.server.close();
    expect(await reader.closed()).toBe(1012);
    expect(reader.of("bye")[0]).toMatchObject({ reason: "the controller stops", retryAfter: 1 });
  });

  test("nothing stays behind when readers have gone", async () => {
    const reader = await reading();
    reader.say({ t: "subscribe", sub: "v", mode: "latest" });
    await reader.wait("latest");
    reader.socket.terminate();
    await until(() => serving.server.connections === 0, "the connection to be forgotten");
    expect(clock.pendingCalls).toBe(0);
  });
});

const UPGRADE =
  "GET /stream HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
  "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n" +
  "Sec-WebSocket-Protocol: telltale.stream.v1\r\n\r\n";

/** Waits until the number has not grown for many turns. */
async function steady(numberOf: () => number): Promise<void> {
  for (let last = -1, same = 0; same < 2_000; same++) {
    if (numberOf() !== last) same = 0;
    last = numberOf();
    await turn();
  }
}

/** An upgrade by hand, to see the whole answer. */
function rawUpgrade(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => socket.write(UPGRADE));
    let answer = "";
    socket.on("data", (data) => {
      answer += data.toString();
    });
    socket.on("error", reject);
    socket.on("end", () => resolve(answer));
  });
}
