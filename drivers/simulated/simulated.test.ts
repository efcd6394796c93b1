import { describe, expect, test } from "vitest";
import { schema } from "../../runtime/schema/schema.ts";
import { silentLog } from "../../runtime/signal/log.ts";
import { silentWire } from "../../runtime/signal/wire.ts";
import { simulatedDriver, type Wave, waveAt } from "./simulated.ts";

const swing = { min: 10, max: 30, period: 8_000 };

describe("waves", () => {
  const cases: readonly [string, Wave, readonly number[]][] = [
    ["constant", { constant: 4 }, [4, 4, 4, 4, 4]],
    ["ramp", { ramp: swing }, [10, 15, 20, 25, 10]],
    ["sine", { sine: swing }, [20, 30, 20, 10, 20]],
    ["square", { square: swing }, [10, 10, 30, 30, 10]],
  ];
  test.each(cases)("%s, every quarter of a period", (_, wave, expected) => {
    const values = [0, 2_000, 4_000, 6_000, 8_000].map((elapsedMs) => waveAt(wave, elapsedMs));
    expect(values).toEqual(expected.map((value) => expect.closeTo(value, 9)));
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
      after: () => ({ cancel() {} }),
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
