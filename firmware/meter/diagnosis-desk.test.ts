// The waveforms of a meter: what the diagnosis thread is asked, and where its answers go. The
// thread is played.

import { expect, onTestFinished, test } from "vitest";
import { defineDriver } from "../../drivers/driver.ts";
import type {
  DiagnosisThreadData,
  FromDiagnosisThread,
  ToDiagnosisThread,
} from "../../runtime/diagnosis/diagnosis-messages.ts";
import type { Finding } from "../../runtime/diagnosis/finding.ts";
import type { KeptWaveform, Kind } from "../../runtime/journal/record.ts";
import { schema } from "../../runtime/schema/schema.ts";
import { silentLog } from "../../runtime/signal/log.ts";
import type { WorkerThread } from "../../runtime/signal/thread.ts";
import { FakeClock } from "../../runtime/testing/fake-clock.ts";
import { parseMachineFile } from "../machine-file/parse-machine-file.ts";
import { DiagnosisDesk, type DiagnosisStore, type SavedLearning } from "./diagnosis-desk.ts";
import { Metering, TICK_MS } from "./metering.ts";

const FILE = `
telltale: 1
machine: { maker: a, model: b, serialNumber: "1" }
buses: { plant: { driver: played } }
devices: { pump: { bus: plant, every: 1s } }
signals:
  current: { device: pump, unit: A, range: [0, 100] }
  speed: { device: pump, unit: /min }
  key: { device: pump }
waveforms:
  bearing:
    device: pump
    rate: 1000
    unit: "[g]"
    keep: 60s
    diagnose: { speed: speed, load: current, bearings: { driveEnd: "6205" } }
  plain: { device: pump, rate: 1000, unit: "[g]", keep: 10s }
diagnosis: { watch: [current] }
usage:
  WORKING: { signal: current, above: 20 }
  modes: { Maintenance: { signal: key, equals: 1 } }
findings: { bearing-inner: { persist: 0s } }
`;

class PlayedThread implements WorkerThread {
  readonly asked: ToDiagnosisThread[] = [];
  say: (message: FromDiagnosisThread) => void = () => {};
  die: (cause: Error | null) => void = () => {};

  postMessage(message: unknown): void {
    this.asked.push(message as ToDiagnosisThread);
    // Whoever closes asks what was learned, and waits for it.
    if ((message as ToDiagnosisThread).t === "learned") {
      queueMicrotask(() => this.say({ t: "learned", learned: LEARNED }));
    }
  }
  onMessage(listener: (message: unknown) => void): void {
    this.say = listener;
  }
  onExit(listener: (cause: Error | null) => void): void {
    this.die = listener;
  }
  async end(): Promise<void> {
    this.die(null);
  }
}

const LEARNED = {
  version: 1,
  waveforms: { version: 1, members: {} },
  prognoses: {},
  severities: {},
  signals: null,
} as const;

function machine() {
  const empty = schema.strictObject({});
  const driver = defineDriver({
    name: "played",
    summary: "played",
    bus: empty,
    device: empty,
    point: empty,
    create: () => {
      throw new Error("nothing is read here");
    },
  });
  const parsed = parseMachineFile(FILE, "m.yaml", [driver]);
  if ("problems" in parsed) throw new Error(JSON.stringify(parsed.problems));
  return parsed.machine;
}

function deskWith(learned: unknown = null) {
  const clock = new FakeClock();
  const records: [kind: Kind, body: object][] = [];
  const recorder = {
    sample: () => undefined,
    record: (kind: Kind, body: object) => void records.push([kind, body]),
  };
  const saved: SavedLearning[] = [];
  const kept: string[] = [];
  const store: DiagnosisStore = {
    learned,
    saveLearned: async (state) => void saved.push(state),
    keepWaveform: async (sha256) => void kept.push(sha256),
    readWaveform: async () => null,
  };
  const threads: { readonly thread: PlayedThread; readonly data: DiagnosisThreadData }[] = [];
  const metering = new Metering({
    machine: machine(),
    clock,
    recorder,
    past: null,
    save: () => undefined,
  });
  const desk = new DiagnosisDesk({
    machine: machine(),
    metering,
    store,
    record: recorder.record,
    clock,
    timers: clock,
    log: silentLog,
    spawn: (name, data) => {
      expect(name).toBe("diagnosis-thread");
      const thread = new PlayedThread();
      threads.push({ thread, data: data as DiagnosisThreadData });
      return thread;
    },
  });
  desk.open();
  onTestFinished(() => desk.close());
  const { intake, image } = metering;
  const signal = (name: string, value: number) =>
    intake.accept(image.indexOf(name)!, value, clock.mono());
  /** A second of both waveforms and of the signals, in ticks. */
  const second = async (current: number, key = 0) => {
    for (let tick = 0; tick < 1_000 / TICK_MS; tick++) {
      await clock.advanceAsync(TICK_MS);
      signal("current", current);
      signal("speed", 1_500);
      signal("key", key);
      metering.tick(clock.mono());
      desk.look();
      const block = new Float32Array(TICK_MS).fill(tick);
      for (const index of [0, 1]) desk.waveform(index).block(block, TICK_MS, clock.mono());
    }
  };
  const seconds = async (count: number, current: number, key = 0) => {
    for (let index = 0; index < count; index++) await second(current, key);
  };
  const asked = <Word extends ToDiagnosisThread["t"]>(t: Word) =>
    threads.flatMap(({ thread }) => thread.asked).filter((message) => message.t === t) as Extract<
      ToDiagnosisThread,
      { readonly t: Word }
    >[];
  const live = (name: string) => image.live(image.indexOf(name)!, clock.mono());
  const answerWindows = () => {
    for (const { channel, at } of asked("window").splice(0)) {
      const values = new Float64Array(channel === 0 ? 40 : 4).fill(2);
      threads.at(-1)!.thread.say({ t: "features", channel, values, at, said: null });
    }
  };
  return {
    clock,
    desk,
    metering,
    records,
    saved,
    kept,
    threads,
    seconds,
    asked,
    live,
    answerWindows,
  };
}

const INNER: Finding = {
  id: "bearing.bearing-inner.driveEnd",
  source: "bearing",
  fault: "bearing-inner",
  part: "driveEnd",
  confidence: 0.9,
  evidence: {
    operatingState: "WORKING",
    speedRpm: 1_500,
    load: 60,
    zone: null,
    lines: [],
    features: [],
    window: null,
  },
};

const STATUS = {
  waveform: "bearing",
  operatingState: "WORKING",
  zone: null,
  bearings: [],
  baseline: { phase: "learning", learned: 0, departs: false, remainingLife: null },
  problems: [],
} as const;

test("a window of one single state is judged, with speed and load", async () => {
  const { seconds, asked } = deskWith();
  await seconds(4, 60);
  const judged = asked("window").filter(({ channel }) => channel === 0);
  expect(judged[0]!.circumstances).toBeNull();
  expect(judged.at(-1)!.circumstances).toEqual({
    speedHz: 25,
    load: 60,
    operatingState: "WORKING",
  });
});

test("a waveform without a diagnosis, and one of a machine at rest, are not judged", async () => {
  const { seconds, asked } = deskWith();
  await seconds(4, 0);
  expect(asked("window").length).toBeGreaterThan(6);
  expect(asked("window").every(({ circumstances }) => circumstances === null)).toBe(true);
});

test("features become signals, and one that cannot be said is not a number", async () => {
  const { seconds, asked, threads, live } = deskWith();
  await seconds(2, 60);
  const { channel, at } = asked("window").find((message) => message.channel === 0)!;
  const values = new Float64Array(40).fill(2);
  values[1] = Number.NaN;
  threads[0]!.thread.say({ t: "features", channel, values, at, said: null });
  expect(live("bearingRms")).toMatchObject({ value: 2, quality: "good" });
  expect(live("bearingPeak")).toMatchObject({ value: null, reason: "indeterminate" });
});

test("a finding becomes an alarm, whose waveform is kept and named on record", async () => {
  const { seconds, asked, threads, records, kept, clock, metering } = deskWith();
  const { thread } = await seconds(1, 60).then(() => threads[0]!);
  for (let conclusion = 0; conclusion < 4; conclusion++) {
    await seconds(2, 60);
    const said = { findings: [INNER], gone: [], status: STATUS };
    const values = new Float64Array(40);
    thread.say({ t: "features", channel: 0, values, at: clock.mono(), said });
  }
  expect(metering.alarms.standing).toMatchObject([
    { id: INNER.id, state: "active", ne107: "maintenance-required" },
  ]);
  await seconds(2, 60);
  const [copy] = asked("copy");
  expect(copy).toMatchObject({ channel: 0, samples: 10_000 });
  const samples = new Float32Array(copy!.samples);
  thread.say({ t: "copied", key: copy!.key, copy: { samples, sha256: "abc", windows: [] } });
  await clock.advanceAsync(1);
  expect(kept).toEqual(["abc"]);
  const [, body] = records.find(([kind]) => kind === "waveform")!;
  expect(body as KeptWaveform).toMatchObject({
    waveform: "bearing",
    alarms: [INNER.id],
    sha256: "abc",
    samples: 10_000,
  });
});

test("maintenance that ends is told, once", async () => {
  const { seconds, asked } = deskWith();
  await seconds(3, 0, 1);
  expect(asked("maintained")).toEqual([]);
  await seconds(3, 0, 0);
  expect(asked("maintained")).toHaveLength(1);
});

test("the watched signals are looked at while the machine runs", async () => {
  const { seconds, asked } = deskWith();
  await seconds(11, 0);
  expect(asked("signals")).toEqual([]);
  await seconds(16, 60);
  expect(asked("signals").length).toBeGreaterThanOrEqual(2);
  expect(asked("signals")[0]).toMatchObject({ operatingState: "WORKING", seconds: 5 });
});

test("what was learned is saved each five minutes and at the end, with its boot", async () => {
  const { desk, clock, seconds, saved } = deskWith();
  await seconds(1, 60);
  await clock.advanceAsync(5 * 60_000, 10_000);
  expect(saved).toEqual([{ boot: clock.boot, learned: LEARNED }]);
  await desk.close();
  expect(saved).toHaveLength(2);
});

test("a thread inherits what was learned; across a boot its instants are unknown", async () => {
  const own = new FakeClock().boot;
  for (const [boot, shiftMs] of [
    [own, 0],
    ["another", null],
  ] as const) {
    const { seconds, threads } = deskWith({ boot, learned: LEARNED });
    await seconds(2, 60);
    expect(threads[0]!.data.inheritance).toEqual({ learned: LEARNED, shiftMs });
  }
});

test("what was saved by nobody of ours is no inheritance", async () => {
  for (const learned of [7, [], { boot: "x" }, { boot: "x", learned: 3 }]) {
    const { seconds, threads } = deskWith(learned);
    await seconds(2, 60);
    expect(threads[0]!.data.inheritance).toBeNull();
  }
});

test("a thread that dies is started again and inherits; its features turn stale", async () => {
  const { seconds, threads, clock, live, answerWindows } = deskWith();
  await seconds(2, 60);
  answerWindows();
  await clock.advanceAsync(5 * 60_000, 10_000);
  threads[0]!.thread.die(new Error("out of memory"));
  expect(threads).toHaveLength(1);
  await seconds(10, 60);
  expect(threads).toHaveLength(2);
  expect(threads[1]!.data.inheritance).toEqual({ learned: LEARNED, shiftMs: 0 });
  expect(live("bearingRms")).toMatchObject({ value: null, reason: "stale" });
});
