import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { createInterface } from "node:readline";
import fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";
import { Fault } from "../../runtime/signal/fault.ts";
import type { Clock } from "../../runtime/signal/instant.ts";
import { silentLog } from "../../runtime/signal/log.ts";
import type { Timers } from "../../runtime/signal/timers.ts";
import type { Bus } from "../driver.ts";
import { modbusDriver } from "./modbus.ts";
import {
  deviceWith,
  exception,
  frame,
  RecordingSink,
  registers,
  type ServerRequest,
  serve,
} from "./test-rig.ts";

const clock: Clock = {
  boot: "test",
  mono: () => Math.floor(performance.now()),
  instantAt: (mono) => ({ boot: "test", mono, utc: null, tq: "U", err: null }),
};

const timers: Timers = {
  after(delayMs, run) {
    const handle = setTimeout(run, delayMs);
    return { cancel: () => clearTimeout(handle) };
  },
  every() {
    throw new Error("a bus has no rhythm of its own");
  },
};

const pause = (delayMs: number) => new Promise((resolve) => setTimeout(resolve, delayMs));

const buses: Bus[] = [];
afterEach(async () => {
  await Promise.all(buses.splice(0).map((bus) => bus.close()));
});

interface DeviceUnderTest {
  readonly settings?: Record<string, unknown>;
  readonly registers: readonly Record<string, unknown>[];
}

/** A bus as the meter makes it from a machine file, with the devices' sinks. */
function open(port: number, ...devices: DeviceUnderTest[]) {
  const sinks = devices.map(() => new RecordingSink());
  const bus = modbusDriver.create({
    name: "plant",
    settings: modbusDriver.bus.parse({ host: "127.0.0.1", port, connectTimeout: "500ms" }),
    devices: devices.map((device, index) => ({
      name: `device${index}`,
      settings: modbusDriver.device.parse({ timeout: "100ms", retries: 0, ...device.settings }),
      points: device.registers.map((register, point) => ({
        name: `point${point}`,
        settings: modbusDriver.point.parse({ register }),
      })),
      sink: sinks[index]!,
    })),
    clock,
    timers,
    log: silentLog,
  });
  buses.push(bus);
  const [device] = bus.devices;
  return {
    bus,
    sinks,
    sink: sinks[0]!,
    read: () => device!.read!(),
    write: (point: number, raw: number) => device!.write(point, raw),
  };
}

async function codeOf(attempt: Promise<unknown>): Promise<string> {
  const error = await attempt.then(
    () => null,
    (reason: unknown) => reason,
  );
  return error instanceof Fault ? error.code : `no fault: ${String(error)}`;
}

describe("a device that behaves", () => {
  test("gives each point once, in as few requests as there are runs of neighbours", async () => {
    const coils = [false, true, true];
    const words = [10, 11, 12, 13];
    await using server = await serve(deviceWith({ coils, words }));
    const { read, sink } = open(server.port, {
      settings: { unitId: 7 },
      registers: [
        { input: 1 },
        { input: 0 },
        { holding: 2, type: "uint32" },
        { coil: 2 },
        { discrete: 0 },
      ],
    });
    await read();
    expect(sink.latest()).toEqual([11, 10, 12 * 65_536 + 13, 1, 0]);
    expect(server.requests.map((request) => request.functionCode).sort()).toEqual([1, 2, 3, 4]);
    expect(server.requests.every((request) => request.unitId === 7)).toBe(true);
    await read();
    expect(server.connections()).toBe(1);
  });

  test("answers in pieces", async () => {
    await using server = await serve(async (request) => {
      for (const byte of registers(request, (at) => at)) {
        request.socket.write(Buffer.of(byte));
        await pause(1);
      }
    });
    const { read, sink } = open(server.port, { registers: [{ input: 500 }] });
    await read();
    expect(sink.latest()).toEqual([500]);
  });

  test("that says not-a-number has a broken sensor, and its other points are good", async () => {
    const words = [0x7fc0, 0x0000, 0x42f6, 0xe979];
    await using server = await serve(deviceWith({ coils: [], words }));
    const { read, sink } = open(server.port, {
      registers: [
        { holding: 0, type: "float32" },
        { holding: 2, type: "float32" },
      ],
    });
    await read();
    expect(sink.latest()).toEqual(["sensor-fault", expect.closeTo(123.456, 4)]);
  });

  test("nothing is sent before the first read", async () => {
    await using server = await serve(deviceWith({ coils: [], words: [] }));
    open(server.port, { registers: [{ input: 0 }] });
    await pause(20);
    expect(server.connections()).toBe(0);
  });
});

describe("writes", () => {
  test("reach coils and registers of every width and are read back", async () => {
    const memory = { coils: [false], words: [0, 0, 0] };
    await using server = await serve(deviceWith(memory));
    const { write } = open(server.port, {
      registers: [
        { coil: 0 },
        { holding: 0, type: "int16" },
        { holding: 1, type: "float32", wordOrder: "low-first" },
      ],
    });
    await write(0, 1);
    await write(1, -2);
    await write(2, 123.456);
    expect(memory).toEqual({ coils: [true], words: [0xfffe, 0xe979, 0x42f6] });
    expect(server.requests.map((request) => request.functionCode)).toEqual([5, 1, 6, 3, 16, 3]);
  });

  test("that the device does not keep are refused", async () => {
    const readOnly = { coils: Object.freeze([false]) as boolean[], words: [] };
    await using server = await serve((request) => {
      if (request.functionCode === 5) request.socket.write(frame(request, [...request.pdu]));
      else deviceWith(readOnly)(request);
    });
    const { write } = open(server.port, { registers: [{ coil: 0 }, { input: 0 }, { holding: 0 }] });
    expect(await codeOf(write(0, 1))).toBe("WRITE_REFUSED");
    const sent = server.requests.length;
    expect(await codeOf(write(0, 2))).toBe("WRITE_REFUSED");
    expect(await codeOf(write(1, 1))).toBe("WRITE_REFUSED");
    expect(await codeOf(write(2, 70_000))).toBe("WRITE_REFUSED");
    expect(server.requests.length).toBe(sent);
  });

  test("that are not answered are not sent again", async () => {
    await using server = await serve(() => {});
    const { write } = open(server.port, { settings: { retries: 3 }, registers: [{ coil: 0 }] });
    expect(await codeOf(write(0, 1))).toBe("BUS_TIMEOUT");
    expect(server.requests.length).toBe(1);
  });
});

describe("a device that misbehaves", () => {
  const faults: readonly [string, string, (request: ServerRequest) => void][] = [
    ["says nothing", "BUS_TIMEOUT", () => {}],
    [
      "sends bytes that are no Modbus",
      "BUS_WRONG_ANSWER",
      ({ socket }) => socket.write("HTTP/1.1 400 Bad Request\r\n\r\n"),
    ],
    [
      "claims an endless frame",
      "BUS_WRONG_ANSWER",
      ({ socket }) => socket.write(Buffer.from([0, 1, 0, 0, 255, 255, 1, 3])),
    ],
    [
      "answers as another unit",
      "BUS_WRONG_ANSWER",
      (request) => request.socket.write(frame(request, [4, 2, 0, 9], 99)),
    ],
    [
      "refuses as another unit",
      "BUS_WRONG_ANSWER",
      (request) => request.socket.write(frame(request, [0x84, 2], 99)),
    ],
    [
      "answers another function",
      "BUS_WRONG_ANSWER",
      (request) => request.socket.write(frame(request, [3, 2, 0, 9])),
    ],
    [
      "answers with less than was asked for",
      "BUS_WRONG_ANSWER",
      (request) => request.socket.write(frame(request, [4, 1, 0])),
    ],
    [
      "announces less than it sends",
      "BUS_WRONG_ANSWER",
      (request) => request.socket.write(frame(request, [4, 0, 0, 9])),
    ],
    [
      "answers another transaction",
      "BUS_TIMEOUT",
      (request) => {
        const transactionId = request.transactionId + 1;
        request.socket.write(frame({ ...request, transactionId }, [4, 2, 0, 9]));
      },
    ],
    [
      "hangs up in the middle of an answer",
      "BUS_CLOSED",
      ({ socket, ...request }) =>
        socket.end(frame({ ...request, socket }, [4, 2, 0, 9]).subarray(0, 9)),
    ],
    ["resets the connection", "BUS_CLOSED", ({ socket }) => socket.resetAndDestroy()],
    [
      "refuses everything",
      "BUS_EXCEPTION",
      (request) => request.socket.write(exception(request, 2)),
    ],
    ["is busy", "BUS_EXCEPTION", (request) => request.socket.write(exception(request, 6))],
  ];

  test.each(faults)("and %s gives %s, no value, and is read once it behaves", async (...row) => {
    const [, code, misbehave] = row;
    let isEvil = true;
    await using server = await serve((request) => {
      if (isEvil) misbehave(request);
      else request.socket.write(registers(request, () => 5));
    });
    const { read, sink } = open(server.port, { registers: [{ input: 3 }] });
    expect(await codeOf(read())).toBe(code);
    expect(sink.latest().filter((value) => typeof value === "number")).toEqual([]);
    isEvil = false;
    await read();
    expect(sink.latest()).toEqual([5]);
  });

  test("is asked again as often as its settings say", async () => {
    let silent = 2;
    await using server = await serve((request) => {
      if (silent-- <= 0) request.socket.write(registers(request, () => 5));
    });
    const { read, sink } = open(server.port, {
      settings: { retries: 2, timeout: "20ms" },
      registers: [{ input: 3 }],
    });
    await read();
    expect(sink.latest()).toEqual([5]);
    expect(server.requests.length).toBe(3);
  });

  test("and answers late never gives an old value as good: 200 seeded reads", async () => {
    const [sample] = fc.sample(fc.array(fc.nat(99), { minLength: 200, maxLength: 200 }), {
      seed: 20_260_417,
      numRuns: 1,
    });
    let request = 0;
    let line = Promise.resolve();
    // Like a gateway with one slow line behind it: an answer that is late delays those after it.
    await using server = await serve((asked) => {
      const isLate = sample![request++ % 200]! < 12;
      line = line.then(async () => {
        if (isLate) await pause(30);
        if (!asked.socket.destroyed) asked.socket.write(registers(asked, (at) => at));
      });
    });
    const { bus, sinks } = open(
      server.port,
      { settings: { timeout: "20ms", unitId: 1 }, registers: [{ holding: 0 }, { holding: 60 }] },
      { settings: { timeout: "20ms", unitId: 2 }, registers: [{ holding: 120 }] },
    );
    let failures = 0;
    for (let round = 0; round < 100; round++) {
      for (const device of bus.devices)
        if ((await codeOf(device.read!())) === "BUS_TIMEOUT") failures++;
    }
    const values = sinks.map((sink) => [...sink.got.values()].map((all) => [...new Set(all)]));
    expect(values).toEqual([[[0], [60]], [[120]]]);
    expect(failures).toBeGreaterThan(10);
  });
});

describe("an address that the device refuses", () => {
  test("turns bad alone, and the finer plan is remembered", async () => {
    await using server = await serve((request) => {
      const isRefused = request.address <= 5 && request.address + request.count > 5;
      request.socket.write(isRefused ? exception(request, 2) : registers(request, (at) => at));
    });
    const points = Array.from({ length: 8 }, (_, index) => ({ input: index }));
    const { read, sink } = open(server.port, { registers: points });
    await read();
    const expected = [0, 1, 2, 3, 4, "exception", 6, 7];
    expect(sink.latest()).toEqual(expected);
    expect([...sink.got.values()].map((values) => values.length)).toEqual(Array(8).fill(1));
    const learned = server.requests.length;
    await read();
    expect(sink.latest()).toEqual(expected);
    // 0–3, 4, 5 and 6–7.
    expect(server.requests.length - learned).toBe(4);
    expect(server.connections()).toBe(1);
  });

  test("or a table that it lacks leaves the other tables good", async () => {
    await using server = await serve((request) => {
      const lacks = request.functionCode === 2;
      request.socket.write(lacks ? exception(request, 1) : registers(request, () => 1));
    });
    const { read, sink } = open(server.port, { registers: [{ discrete: 0 }, { input: 0 }] });
    await read();
    expect(sink.latest()).toEqual(["exception", 1]);
  });
});

describe("a bus", () => {
  test("that nobody answers is unreachable, and is read once somebody does", async () => {
    const gone = await serve(() => {});
    const { port } = gone;
    await gone[Symbol.asyncDispose]();
    const { read, sink } = open(port, { registers: [{ input: 3 }] });
    expect(await codeOf(read())).toBe("BUS_UNREACHABLE");
    {
      await using _first = await serve(
        (asked) => asked.socket.write(registers(asked, () => 1)),
        port,
      );
      await read();
    }
    expect(await codeOf(read())).toMatch(/BUS_UNREACHABLE|BUS_CLOSED/);
    await using _second = await serve(
      (asked) => asked.socket.write(registers(asked, () => 2)),
      port,
    );
    await read();
    expect(sink.got.get(0)).toEqual([1, 2]);
  });

  test("asks its devices one after the other", async () => {
    let pending = 0;
    let pendingMax = 0;
    await using server = await serve(async (request) => {
      pendingMax = Math.max(pendingMax, ++pending);
      await pause(2);
      pending--;
      request.socket.write(registers(request, () => request.unitId));
    });
    const units = Array.from({ length: 10 }, (_, index) => index + 1);
    const { bus, sinks } = open(
      server.port,
      ...units.map((unitId) => ({ settings: { unitId }, registers: [{ input: 0 }] })),
    );
    await Promise.all(bus.devices.map((device) => device.read!()));
    expect(sinks.map((sink) => sink.latest()[0])).toEqual(units);
    expect(pendingMax).toBe(1);
  });

  test("with a silent device still serves its other device", async () => {
    await using server = await serve((request) => {
      if (request.unitId === 2) request.socket.write(registers(request, () => 2));
    });
    const { bus, sinks, read } = open(
      server.port,
      { settings: { unitId: 1, timeout: "50ms" }, registers: [{ input: 0 }] },
      { settings: { unitId: 2, timeout: "2s" }, registers: [{ input: 0 }] },
    );
    const dead = codeOf(read());
    await bus.devices[1]!.read!();
    expect(await dead).toBe("BUS_TIMEOUT");
    expect(sinks.map((sink) => sink.latest())).toEqual([[], [2]]);
  });

  test("that hangs costs another bus nothing", async () => {
    await using silent = await serve(() => {});
    await using lively = await serve((asked) => asked.socket.write(registers(asked, () => 3)));
    const device = { settings: { timeout: "60s" }, registers: [{ input: 0 }] };
    const dead = open(silent.port, device);
    const pending = codeOf(dead.read());
    const { read, sink } = open(lively.port, device);
    for (let round = 0; round < 20; round++) await read();
    expect(sink.got.get(0)).toEqual(Array(20).fill(3));
    await dead.bus.close();
    expect(await pending).toBe("BUS_CLOSED");
  });

  test("that is closed ends what is pending and takes no more", async () => {
    await using server = await serve(() => {});
    const { bus, read } = open(
      server.port,
      { settings: { timeout: "60s" }, registers: [{ input: 0 }] },
      { settings: { timeout: "60s", unitId: 2 }, registers: [{ input: 0 }] },
    );
    const pending = [codeOf(read()), codeOf(bus.devices[1]!.read!())];
    await expect.poll(() => server.requests.length).toBe(1);
    await bus.close();
    expect(await Promise.all(pending)).toEqual(["BUS_CLOSED", "BUS_CLOSED"]);
    expect(await codeOf(read())).toBe("BUS_CLOSED");
  });
});

// The datastore of pymodbus counts from 1 where the wire counts from 0, unless `zero_mode` is set.
const PYMODBUS_SERVER = `
import asyncio, logging, socket
from pymodbus.datastore import ModbusSequentialDataBlock, ModbusServerContext, ModbusSlaveContext
from pymodbus.server import StartAsyncTcpServer
logging.disable(logging.CRITICAL)
block = lambda: ModbusSequentialDataBlock(0, [n * 3 for n in range(200)])
store = ModbusSlaveContext(di=block(), co=block(), hr=block(), ir=block(), zero_mode=True)
probe = socket.socket(); probe.bind(("127.0.0.1", 0)); port = probe.getsockname()[1]; probe.close()
print(port, flush=True)
asyncio.run(StartAsyncTcpServer(ModbusServerContext(slaves=store), address=("127.0.0.1", port)))
`;

/** A Python that has pymodbus, which Debian installs for its own interpreter. */
function pythonWithPymodbus(): string | undefined {
  return ["python3", "/usr/bin/python3"].find(
    (python) => spawnSync(python, ["-c", "import pymodbus.server"]).status === 0,
  );
}

async function firstLine(child: ChildProcess): Promise<string> {
  for await (const line of createInterface({ input: child.stdout! })) return line;
  throw new Error("the peer ended before it said its port");
}

describe("an independent peer", () => {
  test("pymodbus: our driver reads and writes what it holds", async (context) => {
    const python = pythonWithPymodbus();
    if (python === undefined) return context.skip("python3-pymodbus is not installed");
    const peer = spawn(python, ["-c", PYMODBUS_SERVER], { stdio: ["ignore", "pipe", "inherit"] });
    try {
      const port = Number(await firstLine(peer));
      const { read, write, sink } = open(port, {
        settings: { timeout: "2s" },
        registers: [{ holding: 10 }, { input: 99 }, { coil: 0 }, { coil: 1 }, { holding: 500 }],
      });
      await expect.poll(async () => await codeOf(read()), { timeout: 5_000 }).toMatch(/no fault/);
      expect(sink.latest()).toEqual([30, 297, 0, 1, "exception"]);
      await write(0, 1_234);
      await write(2, 1);
      await read();
      expect(sink.latest()).toEqual([1_234, 297, 1, 1, "exception"]);
    } finally {
      peer.kill();
    }
  });
});
