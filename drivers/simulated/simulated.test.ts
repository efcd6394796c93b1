import { writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { schema } from "../../runtime/schema/schema.ts";
import { silentLog } from "../../runtime/signal/log.ts";
import { silentWire } from "../../runtime/signal/wire.ts";
import { scratchDirectory } from "../../runtime/testing/scratch-directory.ts";
import { courseOfRecording, readRecording } from "./recording.ts";
import { courseOf, pointSettings, valueAt } from "./script.ts";
import { simulatedDriver } from "./simulated.ts";

const swing = { min: 10, max: 30, period: 8_000 };

describe("waves", () => {
  const cases: readonly [string, Parameters<typeof courseOf>[0], readonly number[]][] = [
    ["constant", { constant: 4 }, [4, 4, 4, 4, 4]],
    ["ramp", { ramp: swing }, [10, 15, 20, 25, 10]],
    ["sine", { sine: swing }, [20, 30, 20, 10, 20]],
    ["square", { square: swing }, [10, 10, 30, 30, 10]],
  ];
  test.each(cases)("%s, every quarter of a period", (_, wave, expected) => {
    const values = [0, 2_000, 4_000, 6_000, 8_000].map((elapsedMs) => courseOf(wave)(elapsedMs));
    expect(values).toEqual(expected.map((value) => expect.closeTo(value, 9)));
  });
});

describe("what a script does to a value", () => {
  const ramp = { ramp: { min: 0, max: 100, period: "100s" } };
  const seconds = [0, 1, 2, 3, 4, 5];

  /** The values of a point in each second. */
  function play(point: Readonly<Record<string, unknown>>): (number | null)[] {
    const settings = pointSettings.parse({ wave: ramp, ...point });
    const course = courseOf(settings.wave as Parameters<typeof courseOf>[0]);
    return seconds.map((second) => valueAt(course, settings, second * 1_000));
  }

  const span = { from: "2s", for: "2s" };
  test.each([
    ["broken", { broken: span }, [0, 1, null, null, 4, 5]],
    ["not a number", { notANumber: span }, [0, 1, null, null, 4, 5]],
    ["stuck", { stuck: span }, [0, 1, 2, 2, 4, 5]],
    ["a spike", { spike: { ...span, by: 50 } }, [0, 1, 52, 53, 4, 5]],
    ["drift", { drift: { from: "2s", perHour: 3_600 } }, [0, 1, 2, 4, 6, 8]],
    ["noise of nothing", { noise: { amplitude: 0 } }, [0, 1, 2, 3, 4, 5]],
  ])("%s", (_, point, expected) => {
    expect(play(point)).toEqual(expected);
  });

  test("noise is within its amplitude, the same for a seed and another for another one", () => {
    const noise = (seed: number) => play({ wave: { constant: 0 }, noise: { amplitude: 2, seed } });
    expect(noise(1)).toEqual(noise(1));
    expect(noise(1)).not.toEqual(noise(2));
    const settings = pointSettings.parse({ wave: { constant: 0 }, noise: { amplitude: 2 } });
    const many = Array.from({ length: 5_000 }, (_, at) => valueAt(() => 0, settings, at)!);
    expect(Math.max(...many)).toBeLessThan(2);
    expect(Math.min(...many)).toBeGreaterThan(-2);
    expect(many.reduce((sum, value) => sum + value) / many.length).toBeCloseTo(0, 1);
    expect(many.reduce((sum, value) => sum + value ** 2) / many.length).toBeCloseTo(4 / 3, 1);
  });
});

/** A device with one point, read each second from an arbitrary uptime on. */
async function run(device: unknown, point: unknown, seconds: number): Promise<string[]> {
  let now = 987_654;
  const got: string[] = [];
  const bus = simulatedDriver.create({
    name: "script",
    settings: simulatedDriver.bus.parse({}),
    devices: [
      {
        name: "compressor",
        settings: simulatedDriver.device.parse(device),
        points: [{ name: "current", settings: simulatedDriver.point.parse(point) }],
        sink: {
          sample: (_, raw) => got.push(String(raw)),
          bad: (_, reason) => got.push(reason),
          block() {},
          gap() {},
          lost() {},
        },
        wire: silentWire,
      },
    ],
    clock: {
      boot: "test",
      mono: () => now,
      instantAt: (mono) => ({ boot: "test", mono, utc: null, tq: "U", err: null }),
    },
    timers: {
      after(delayMs, wake) {
        now += delayMs;
        queueMicrotask(wake);
        return { cancel() {} };
      },
      every: () => ({ cancel() {} }),
    },
    log: silentLog,
  });
  for (let second = 0; second < seconds; second++) {
    if (second === 4) await bus.devices[0]!.write(0, -1).catch(() => got.push("unwritten"));
    await bus.devices[0]!.read!().catch((error) => got.push(error.code));
    now += 1_000;
  }
  await bus.close();
  return got;
}

describe("a simulated device", () => {
  const ramp = { ramp: { min: 0, max: 100, period: "100s" } };

  test("counts from its first read, and a written point keeps its value", async () => {
    expect(await run({}, { wave: ramp }, 6)).toEqual(["0", "1", "2", "3", "-1", "-1"]);
  });

  test("has a broken point and a silent stretch where the script says so", async () => {
    const device = { silent: { from: "3s", for: "2s" } };
    const point = { wave: ramp, broken: { from: "1s", for: "1s" } };
    const expected = ["0", "sensor-fault", "2", "BUS_TIMEOUT", "unwritten", "BUS_TIMEOUT", "5"];
    expect(await run(device, point, 6)).toEqual(expected);
  });

  test("answers late where the script says so, with the value of then", async () => {
    const device = { slow: { from: "2s", for: "1s", by: "500ms" } };
    expect(await run(device, { wave: ramp }, 4)).toEqual(["0", "1", "2.5", "3.5"]);
  });

  test("plays a recording back, and again where it shall", async () => {
    using scratch = scratchDirectory();
    const file = scratch.at("run.csv");
    writeFileSync(file, "seconds;oil\n10;61\n11;\n12.5;63\n");
    const recording = { file, column: "oil", time: "seconds" };
    expect(await run({}, { wave: { recording } }, 4)).toEqual([
      "61",
      "sensor-fault",
      "sensor-fault",
      "63",
    ]);
    const again = { recording: { ...recording, repeat: true } };
    expect(await run({}, { wave: again }, 4)).toEqual(["61", "sensor-fault", "sensor-fault", "63"]);
    const course = courseOfRecording(
      [
        { atMs: 0, value: 1 },
        { atMs: 1_000, value: 2 },
      ],
      true,
    );
    expect([0, 999, 1_000, 1_999, 2_000, 3_000].map(course)).toEqual([1, 1, 2, 2, 1, 2]);
  });

  test.each([
    ["time,oil\n", /has no rows/],
    ["time,fuel\n0,1\n", /has no column "oil".*/],
    ["time,oil\n0,1\n0,2\n", /line 3: time is "0"/],
    ["time,oil\n0,1\n1,hot\n", /line 3: oil is "hot"/],
    ["time,oil\n0,1,2\n", /line 2 is no row/],
  ])("refuses the recording %j", async (text, message) => {
    using scratch = scratchDirectory();
    writeFileSync(scratch.at("run.csv"), text);
    const recording = { file: scratch.at("run.csv"), column: "oil", time: "time", repeat: false };
    await expect(readRecording(recording, "Device oil")).rejects.toMatchObject({
      code: "SETTING_INVALID",
      message: expect.stringMatching(message),
    });
  });

  test("a recording that is not there is said", async () => {
    const wave = { recording: { file: "/nowhere/run.csv", column: "oil" } };
    expect(await run({}, { wave }, 1)).toEqual(["SETTING_INVALID"]);
  });

  test("refuses a script that it does not understand", () => {
    expect(simulatedDriver.point.safeParse({ wave: { triangle: {} } }).success).toBe(false);
    expect(simulatedDriver.point.safeParse({ wave: { constant: 1 }, bad: 1 }).success).toBe(false);
  });

  test("can be published as JSON Schema", () => {
    for (const each of [simulatedDriver.bus, simulatedDriver.device, simulatedDriver.point]) {
      expect(schema.toJSONSchema(each, { io: "input" })).toMatchObject({ type: "object" });
    }
  });
});
