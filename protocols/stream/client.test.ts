import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Timer, Timers } from "../../runtime/signal/timers.ts";
import { FakeClock } from "../../runtime/testing/fake-clock.ts";
import { type LogReader, RequestFailed, StreamClient } from "./client.ts";
import {
  cuttingProxy,
  fakeController,
  MemorySource,
  numbers,
  type Serving,
  serve,
  until,
} from "./test-rig.ts";

let clock: FakeClock;
let source: MemorySource;
let serving: Serving;
let clients: StreamClient[];

beforeEach(async () => {
  clock = new FakeClock();
  source = new MemorySource(clock);
  serving = await serve(source, clock);
  clients = [];
});

afterEach(async () => {
  for (const client of clients) client.close();
  await serving[Symbol.asyncDispose]();
});

interface Watched {
  readonly client: StreamClient;
  readonly downs: string[];
  ups: number;
}

function open(
  options: {
    url?: string;

    timers?: Timers;
    random?: () => number;
    retryMaxMs?: number;
  } = {},
): Watched {
  const watched: Watched = { client: null as never, downs: [], ups: 0 };
  const client = new StreamClient({
    url: serving.url,
    timers: clock,
    random: () => 0,
    ...options,
    onUp: () => {
      watched.ups++;
    },
    onDown: (reason) => watched.downs.push(reason),
  });
  clients.push(client);
  client.open();
  return Object.assign(watched, { client });
}

/** Drives the fake time on while it waits: what is due at once runs at once. */
function untilWithTime(condition: () => boolean, what: string): Promise<void> {
  return until(() => {
    clock.advance(0);
    return condition();
  }, what);
}

/** What is acknowledged within a second is written together, at its end. */
function acknowledgedUpTo(seq: number): Promise<void> {
  return until(() => {
    if (source.acked["cloud"] !== seq) clock.advance(1);
    return source.acked["cloud"] === seq;
  }, `the acknowledgement of ${seq}`);
}

/** Reads the log into a list. */
function collect(client: StreamClient, reader: Partial<LogReader> = {}): number[] {
  const positions: number[] = [];
  client.readLog("a", {
    from: "oldest",
    onRecords: (records) => void positions.push(...records.map(({ seq }) => seq)),
    ...reader,
  });
  return positions;
}

describe("reading the log", () => {
  test("everything comes once and in order, and is acknowledged", async () => {
    source.append(2_500);
    const { client } = open();
    const positions = collect(client, { consumer: "cloud" });
    await until(() => positions.length === 2_500, "the last record");
    await acknowledgedUpTo(2_500);
    source.append(1);
    await acknowledgedUpTo(2_501);
    expect(positions).toEqual(numbers(1, 2_501));
  });

  test("nothing is acknowledged before the handler has resolved", async () => {
    source.append(3);
    const { promise, resolve } = Promise.withResolvers<void>();
    const { client } = open();
    let began = false;
    collect(client, {
      consumer: "cloud",
      onRecords: () => {
        began = true;
        return promise;
      },
    });
    await until(() => began, "the handler");
    await expect(client.get("none")).rejects.toThrow();
    expect(source.acked).toEqual({});
    resolve();
    await until(() => source.acked["cloud"] === 3, "the acknowledgement");
  });

  test("a slow handler gets one batch after the other", async () => {
    const { client } = open();
    let running = 0;
    const positions: number[] = [];
    let isLive = false;
    collect(client, {
      onLive: () => {
        isLive = true;
      },
      onRecords: async (records) => {
        expect(++running).toBe(1);
        await expect(client.get("none")).rejects.toThrow();
        positions.push(...records.map(({ seq }) => seq));
        running--;
      },
    });
    await until(() => isLive, "live");
    for (let batch = 0; batch < 20; batch++) source.append(1);
    await until(() => positions.length === 20, "twenty records");
    expect(positions).toEqual(numbers(1, 20));
  });

  test("a handler that throws gets the same records again, and none that follow them", async () => {
    const seen: string[] = [];
    const { client, downs } = open();
    let isLive = false;
    let failures = 2;
    collect(client, {
      consumer: "cloud",
      onLive: () => {
        isLive = true;
      },
      onRecords: (_, { from, to }) => {
        seen.push(`${from}-${to}`);
        if (from === 2 && failures-- > 0) throw new Error("the disk is full");
      },
    });
    await until(() => isLive, "live");
    for (let record = 0; record < 4; record++) {
      source.append(1);
      await until(() => source.pages > record + 1, "its page");
    }
    await untilWithTime(() => source.acked["cloud"] === 4, "the last acknowledgement");
    expect(downs).toEqual(Array(2).fill("this reader failed: the disk is full"));
    const failed = seen.filter((range) => range.startsWith("2-"));
    expect(failed).toHaveLength(3);
    // Between two tries of the same range nothing was handled that comes after it.
    const first = seen.indexOf(failed[0]!);
    expect(seen.slice(first, first + 3).every((range) => range.startsWith("2-"))).toBe(true);
  });

  test("what arrived behind a batch that failed is not handled before it", async () => {
    source.append(2_500);
    const { client } = open();
    const positions: number[] = [];
    let failures = 1;
    collect(client, {
      window: 10_000,
      onRecords: async (records) => {
        // By now all three frames are here; the other two wait behind this one.
        await expect(client.get("none")).rejects.toThrow();
        await until(() => source.pages >= 3, "all pages");
        await expect(client.get("none")).rejects.toThrow();
        if (failures-- > 0) throw new Error("the disk is full");
        positions.push(...records.map(({ seq }) => seq));
      },
    });
    await untilWithTime(() => positions.at(-1) === 2_500, "the last record");
    expect(positions).toEqual(numbers(1, 2_500));
  });

  test("a gap is told and acknowledged like records", async () => {
    source.append(20);
    source.forget(12);
    const gaps: string[] = [];
    const { client } = open();
    const from = { epoch: source.epoch, seq: 0 };
    const onGap = (gap: { from: number; to: number; reason: string }) =>
      void gaps.push(`${gap.from}-${gap.to} ${gap.reason}`);
    const positions = collect(client, { from, consumer: "cloud", onGap });
    await acknowledgedUpTo(20);
    expect(gaps).toEqual(["1-12 quota"]);
    expect(positions).toEqual(numbers(13, 20));
  });

  test("another journal is told, and read from its oldest record", async () => {
    source.append(5);
    const resets: string[] = [];
    const { client } = open();
    const onReset = (old: string, epoch: string) => void resets.push(`${old} → ${epoch}`);
    const positions = collect(client, { onReset });
    await until(() => positions.length === 5, "five records");
    source.epoch = "epoch-2";
    source.records.length = 0;
    source.append(2);
    serving.server.dismissAll("restarting");
    await untilWithTime(() => positions.length === 7, "two records more");
    expect(resets).toEqual(["epoch-1 → epoch-2"]);
    expect(positions).toEqual([1, 2, 3, 4, 5, 1, 2]);
  });

  test("from the newest with nothing read yet, a loss leaves out nothing", async () => {
    source.append(5);
    const { client } = open();
    let lives = 0;
    const positions = collect(client, { from: "newest", onLive: () => void lives++ });
    await until(() => lives === 1, "live");
    serving.server.dismissAll("restarting");
    source.append(2);
    await untilWithTime(() => positions.length === 2, "two records");
    expect(positions).toEqual([6, 7]);
  });

  test("after stop nothing more comes", async () => {
    const { client } = open();
    let isLive = false;
    const onLive = () => {
      isLive = true;
    };
    const positions = collect(client, { onLive });
    await until(() => isLive, "live");
    client.stop("a");
    await expect(client.get("none")).rejects.toThrow();
    source.append(3);
    await expect(client.get("none")).rejects.toThrow();
    expect(positions).toEqual([]);
  });
});

describe("losses", () => {
  test("cut at every step of the conversation, no record is lost, none comes twice", async () => {
    source.append(60, "x".repeat(40));
    // The first connections die within the upgrade and hello, the later ones further and further.
    await using cutting = await cuttingProxy(serving.port, (connection) => 100 + 41 * connection);
    const url = `ws://127.0.0.1:${cutting.port}/stream`;
    const { client, downs } = open({ url });
    let added = 0;
    const positions: number[] = [];
    collect(client, {
      window: 3,
      onRecords: async (records) => {
        positions.push(...records.map(({ seq }) => seq));
        // Records go on arriving while connections come and go.
        if (added < 60) {
          source.append(1, "x".repeat(40));
          added++;
        }
      },
    });
    await untilWithTime(() => positions.length >= 120, "all records");
    expect(positions).toEqual(numbers(1, 120));
    expect(downs.length).toBeGreaterThan(20);
  });

  test("the waits grow to a minute, with full jitter, and begin anew after a success", async () => {
    const waits: number[] = [];
    const timers: Timers = {
      every: (periodMs, run) => clock.every(periodMs, run),
      after(delayMs, run): Timer {
        waits.push(delayMs);
        return clock.after(delayMs, run);
      },
    };
    const { port } = serving;
    await serving[Symbol.asyncDispose]();
    const { client, downs } = open({ timers, random: () => 0.5 });
    for (let tries = 1; tries <= 9; tries++) {
      await until(() => downs.length === tries, "a failed try");
      clock.advance(60_000);
    }
    expect(waits).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
    expect(downs[0]).toContain(`127.0.0.1:${port}`);
    client.close();
    expect(clock.pendingCalls).toBe(0);
  });

  test("silence for 25 s is a loss, because the controller beats every 10 s", async () => {
    // A server that says hello and then nothing.
    await using mute = await fakeController([JSON.stringify({ t: "hello", ...source.facts() })]);
    const watched = open({ url: mute.url });
    await until(() => watched.ups === 1, "hello");
    clock.advance(24_999);
    expect(watched.downs).toEqual([]);
    clock.advance(1);
    await until(() => watched.downs.length === 1, "the loss");
  });

  test.each([
    { name: "no JSON", text: "<html>", reason: "the other side sent no JSON" },
    { name: "another first frame", text: '{"t":"live"}', reason: "did not begin with hello" },
  ])("$name is given up, not stumbled over", async ({ text, reason }) => {
    await using strange = await fakeController([text]);
    const { downs } = open({ url: strange.url });
    await until(() => downs.length === 1, "the loss");
    expect(downs[0]).toContain(reason);
  });

  test("frames that it does not know are passed over", async () => {
    const hello = JSON.stringify({ t: "hello", ...source.facts() });
    await using newer = await fakeController([hello, '{"t":"weather"}', '{"t":"beat"}']);
    const watched = open({ url: newer.url });
    await until(() => newer.sent === 3 && watched.ups === 1, "all frames");
    expect(watched).toMatchObject({ ups: 1, downs: [] });
  });
});

describe("requests", () => {
  test("an answer resolves, a refusal rejects with its code", async () => {
    source.answer = (what) => {
      if (what === "state") return { state: "OFF" };
      throw new Error("no");
    };
    const watched = open();
    await until(() => watched.ups === 1, "hello");
    expect(await watched.client.get("state")).toEqual({ state: "OFF" });
    const refused = await watched.client.get("moon").catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(RequestFailed);
    expect(refused).toMatchObject({ code: "unavailable", message: "no" });
  });

  test("without a connection it is refused at once", async () => {
    const { client } = open();
    await expect(client.get("state")).rejects.toThrow("not connected");
  });

  test("one that is not answered within 15 s, or whose connection is lost, rejects", async () => {
    let asked = 0;
    source.answer = () => {
      asked++;
      return new Promise(() => undefined);
    };
    const watched = open();
    await until(() => watched.ups === 1, "hello");
    const slow = watched.client.get("state");
    await until(() => asked === 1, "the first question");
    clock.advance(15_000);
    await expect(slow).rejects.toThrow('no answer to "state" within 15 s');
    const lost = watched.client.get("state");
    await until(() => asked === 2, "the second question");
    serving.server.dismissAll("restarting");
    await expect(lost).rejects.toThrow("restarting");
  });
});

test("latest values reach their reader, also after a loss", async () => {
  const values: unknown[] = [];
  const watched = open();
  watched.client.readLatest("v", {
    signals: ["flow"],
    maxRate: 10,
    onLatest: (latest) => values.push(latest["flow"]?.value),
  });
  await until(() => values.length === 1, "the first values");
  serving.server.dismissAll("restarting");
  source.write(0, 5);
  await untilWithTime(() => values.length === 2, "the values after the loss");
  expect(values).toEqual([null, 5]);
});
