// Probing a machine: the drivers are played, but for Modbus, which meets a real server on loopback.

import { expect, test } from "vitest";
import { type Device, type Driver, defineDriver, type Sink } from "../../drivers/driver.ts";
import { modbusDriver } from "../../drivers/modbus/modbus.ts";
import { deviceWith, serve } from "../../drivers/modbus/test-rig.ts";
import { schema } from "../../runtime/schema/schema.ts";
import { Fault } from "../../runtime/signal/fault.ts";
import { silentLog } from "../../runtime/signal/log.ts";
import { controllerClock } from "../host/controller-clock.ts";
import { hostTimers } from "../host/timers.ts";
import { parseMachineFile } from "../machine-file/parse-machine-file.ts";
import { type DeviceResult, probeMachine } from "./probe.ts";
import { verdictsOf } from "./verdict.ts";

const HEAD = `
telltale: 1
machine: { maker: a, model: b, serialNumber: "1" }
`;

async function probe(
  file: string,
  drivers: readonly Driver[],
  options: {
    readonly bus?: string;
    readonly waitMs?: number;
    readonly stop?: AbortSignal;
  } = {},
) {
  const { bus = null, waitMs = 500, stop = new AbortController().signal } = options;
  const parsed = parseMachineFile(HEAD + file, "m.yaml", drivers);
  if ("problems" in parsed) throw new Error(JSON.stringify(parsed.problems));
  const told: string[] = [];
  const results = await probeMachine({
    machine: parsed.machine,
    bus,
    waitMs,
    clock: controllerClock(),
    timers: hostTimers,
    log: silentLog,
    stop,
    onAsk: (name, device) => told.push(`ask ${name}/${device}`),
    onDevice: ({ device, good }) => told.push(`${device} ${good ? "good" : "bad"}`),
  });
  return { results, told };
}

function played(make: (sink: Sink, device: string) => Partial<Device>, closed: string[] = []) {
  const empty = schema.strictObject({});
  return defineDriver({
    name: "played",
    summary: "played",
    bus: empty,
    device: empty,
    point: empty,
    create: ({ devices }) => ({
      devices: devices.map(({ sink, name }) => ({
        write: () => Promise.reject(new Error("nothing is written here")),
        ...make(sink, name),
      })),
      close: async () => void closed.push("closed"),
    }),
  });
}

const ONE = `
buses: { line: { driver: played } }
devices: { pump: { bus: line } }
signals:
  flow: { device: pump, unit: L/min, scale: 0.1, offset: 5, range: [0, 100] }
  level: { device: pump }
`;

test("a driver hears that somebody only looks: a contactor must not switch", async () => {
  let looks: boolean | undefined;
  const driver = played((sink) => ({
    async read() {
      for (const point of [0, 1]) sink.sample(point, 10, 0);
    },
  }));
  const seen: Driver = {
    ...driver,
    create(context) {
      looks = context.onlyLooks;
      return driver.create(context);
    },
  };
  await probe(ONE, [seen]);
  expect(looks).toBe(true);
});

test("a waveform on a driver of single values says so, and changes no signal", async () => {
  const file = `${ONE}
waveforms:
  vibration: { device: pump, rate: 1000, unit: "[g]" }
`;
  const driver = played((sink) => ({
    async read() {
      for (const [point, value] of [10, 20, 77].entries()) sink.sample(point, value, 0);
    },
  }));
  const { results } = await probe(file, [driver]);
  expect(results[0]!.points).toMatchObject([
    { name: "flow", value: 6 },
    { name: "level", value: 20 },
    { name: "vibration", value: null, fault: { code: "SETTING_INVALID" } },
  ]);
});

test("a bus that cannot be closed takes nothing from what was read", async () => {
  const driver = played((sink) => ({
    async read() {
      for (const point of [0, 1]) sink.sample(point, 10, 0);
    },
  }));
  const stubborn: Driver = {
    ...driver,
    create: (context) => ({
      ...driver.create(context),
      close: () => Promise.reject(new Error("the port is gone")),
    }),
  };
  const { results } = await probe(ONE, [stubborn]);
  expect(results).toMatchObject([{ device: "pump", good: true }]);
});

test("a Modbus device gives scaled values, and a refused register says so alone", async () => {
  const memory = { coils: [], words: [853, 0xffff] };
  const answer = deviceWith(memory);
  await using server = await serve(answer);
  const { results, told } = await probe(
    `
buses: { plant: { driver: modbus, host: 127.0.0.1, port: ${server.port} } }
devices: { compressor: { bus: plant, timeout: 500ms } }
signals:
  pressure: { device: compressor, register: { holding: 0 }, scale: 0.01, unit: bar }
  temperature: { device: compressor, register: { holding: 1 }, unit: Cel, range: [0, 100] }
`,
    [modbusDriver],
  );
  expect(results).toMatchObject([
    {
      bus: "plant",
      device: "compressor",
      good: false,
      fault: null,
      points: [
        { name: "pressure", unit: "bar", value: 8.53, reason: null },
        { name: "temperature", value: null, reason: "out-of-range" },
      ],
    },
  ]);
  expect(told).toEqual(["ask plant/compressor", "compressor bad"]);
});

test("a device that is not there says why, and the other bus is asked all the same", async () => {
  const memory = { coils: [], words: [1] };
  await using server = await serve(deviceWith(memory));
  const { results } = await probe(
    `
buses:
  gone: { driver: modbus, host: 127.0.0.1, port: 1 }
  plant: { driver: modbus, host: 127.0.0.1, port: ${server.port} }
devices: { one: { bus: gone }, two: { bus: plant } }
signals:
  first: { device: one, register: { holding: 0 } }
  second: { device: two, register: { holding: 0 } }
`,
    [modbusDriver],
  );
  expect(results.map(({ device, good }) => `${device} ${good}`)).toEqual(["one false", "two true"]);
  expect(results[0]?.fault).toMatchObject({ code: "BUS_UNREACHABLE" });
  expect(results[0]?.fault?.remedy).not.toBe("");
});

test("only the named bus is asked", async () => {
  const driver = played((sink) => ({ read: async () => sink.sample(0, 1, 0) }));
  const file = `
buses: { left: { driver: played }, right: { driver: played } }
devices: { one: { bus: left }, two: { bus: right } }
signals: { a: { device: one }, b: { device: two } }
`;
  const { results } = await probe(file, [driver], { bus: "right" });
  expect(results.map(({ device }) => device)).toEqual(["two"]);
});

test("a device that speaks unasked is waited for until each signal has a value", async () => {
  const closed: string[] = [];
  const driver = played(
    (sink) => ({
      async start() {
        sink.sample(0, 100, 1);
        hostTimers.after(20, () => sink.sample(1, 7, 2));
      },
    }),
    closed,
  );
  const { results } = await probe(ONE, [driver]);
  expect(results).toMatchObject([{ good: true, points: [{ value: 15 }, { value: 7 }] }]);
  expect(closed).toEqual(["closed"]);
});

test("what it did not bring in time is named, and what it brought is shown", async () => {
  const driver = played((sink) => ({ start: async () => sink.sample(0, 100, 1) }));
  const { results } = await probe(ONE, [driver], { waitMs: 50 });
  expect(results).toMatchObject([
    { good: false, fault: { code: "BUS_TIMEOUT" }, points: [{ value: 15 }, { value: null }] },
  ]);
  expect(results[0]?.points[1]?.reason).toBe("no value came");
});

test("a device that falls away while it is waited for says why", async () => {
  const fault = new Fault("BUS_CLOSED", "the port is gone", "plug it in again");
  const driver = played((sink) => ({ start: async () => sink.lost(fault) }));
  const { results } = await probe(ONE, [driver]);
  expect(results).toMatchObject([{ fault: { code: "BUS_CLOSED", remedy: "plug it in again" } }]);
});

test("an interrupted probe ends at once, asks nobody else and closes its buses", async () => {
  const stop = new AbortController();
  const closed: string[] = [];
  const driver = played(
    () => ({
      read: () => {
        stop.abort();
        return new Promise<void>(() => undefined);
      },
    }),
    closed,
  );
  const file = `
buses: { line: { driver: played } }
devices: { one: { bus: line }, two: { bus: line } }
signals: { a: { device: one }, b: { device: two } }
`;
  const { results } = await probe(file, [driver], { stop: stop.signal });
  expect(results).toMatchObject([{ device: "one", good: false }]);
  expect(results[0]?.fault?.message).toContain("interrupted");
  expect(closed).toEqual(["closed"]);
});

test("the fault of a single point is told with the point", async () => {
  const fault = new Fault("BUS_EXCEPTION", "there is no register 40120", "is it zero-based?");
  const driver = played((sink) => ({
    async read() {
      sink.sample(0, 1, 0);
      sink.bad(1, "exception", 0, fault);
    },
  }));
  const { results } = await probe(ONE, [driver]);
  expect(results[0]?.points[1]).toMatchObject({
    value: null,
    reason: "exception",
    fault: { message: "there is no register 40120", remedy: "is it zero-based?" },
  });
});

test("a defect of a driver is told as one and ends nothing else", async () => {
  const driver = played((_, device) => ({
    read: async () => {
      throw new TypeError(`no ${device}`);
    },
  }));
  const { results } = await probe(ONE, [driver]);
  expect(results).toMatchObject([{ fault: { code: "DRIVER_DEFECT" } }]);
});

const result = (device: string, code: string | null): DeviceResult => ({
  bus: "line",
  device,
  driver: "modbus",
  good: code === null,
  tookMs: 1,
  fault: code === null ? null : { code, message: "", remedy: "" },
  points: [],
});

test.each([
  { name: "all are silent", codes: ["BUS_TIMEOUT", "BUS_TIMEOUT"], says: ["line: no device"] },
  {
    name: "all are damaged",
    codes: ["BUS_CHECKSUM", "BUS_CHECKSUM"],
    says: ["line: every answer"],
  },
  { name: "one is silent", codes: [null, "BUS_TIMEOUT"], says: ["d1: the other devices"] },
  { name: "all are good", codes: [null, null], says: [] },
  { name: "one alone is no evidence", codes: ["BUS_TIMEOUT"], says: [] },
  { name: "they disagree", codes: ["BUS_TIMEOUT", "BUS_CHECKSUM"], says: [] },
])("$name", ({ codes, says }) => {
  const verdicts = verdictsOf(codes.map((code, index) => result(`d${index}`, code)));
  expect(verdicts).toHaveLength(says.length);
  verdicts.forEach(({ bus, device, text }, index) => {
    expect(`${device ?? bus}: ${text}`.startsWith(says[index]!)).toBe(true);
  });
});
