import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { afterEach, describe, expect, test } from "vitest";
import { hostTimers } from "../../firmware/host/timers.ts";
import { sleep, type Timers } from "../../runtime/signal/timers.ts";
import { FakeClock } from "../../runtime/testing/fake-clock.ts";
import { requiresPython } from "../../runtime/testing/requires.ts";
import { codeOf } from "../shared/test-rig.ts";
import {
  Bench,
  type DeviceUnderTest,
  exception,
  registers,
  serve,
  TIMEOUT_MS,
} from "./test-rig.ts";

const bench = new Bench(new FakeClock(), hostTimers);
afterEach(() => bench.close());

const open = (port: number, ...devices: DeviceUnderTest[]) => bench.open({ port }, devices);
const pause = (delayMs: number) => sleep(hostTimers, delayMs);

describe("a bus whose answers may come late under another request's name", () => {
  test("sends nothing until the latest moment at which they can", async () => {
    const delays = new Map<number, () => void>();
    const byHand: Timers = {
      ...hostTimers,
      after(delayMs, run) {
        delays.set(delayMs, run);
        return { cancel: () => delays.delete(delayMs) };
      },
    };
    await using server = await serve((request) => {
      if (request.address === 60) request.socket.write(registers(request, (at) => at));
    });
    const settings = { port: server.port, latenessMax: "7s" };
    const devices = [{ registers: [{ holding: 0 }] }, { registers: [{ holding: 60 }] }];
    const { bus, sinks, read } = bench.open(settings, devices, { timers: byHand });
    const late = codeOf(read());
    await expect.poll(() => server.requests.length).toBe(1);
    delays.get(TIMEOUT_MS)!();
    expect(await late).toBe("BUS_TIMEOUT");
    const next = bus.devices[1]!.read!();
    await pause(20);
    expect(server.requests.length).toBe(1);
    delays.get(7_000)!();
    await next;
    expect(sinks.map((sink) => sink.latest())).toEqual([[], [60]]);
  });
});

describe("a device that sends without being asked", () => {
  test("is cut off, and read over a connection of its own the next time", async () => {
    await using server = await serve((request) => {
      request.socket.write(registers(request, (at) => at));
      setTimeout(() => request.socket.write(registers(request, (at) => at)), 10);
    });
    const { read, sink } = open(server.port, { registers: [{ holding: 7 }] });
    await read();
    await pause(50);
    await read();
    expect(sink.got.get(0)).toEqual([7, 7]);
    expect(server.connections()).toBe(2);
  });

  test("answers nothing with more frames than an answer has", async () => {
    await using server = await serve((request) => {
      const foreign = { ...request, transactionId: request.transactionId + 1 };
      for (let count = 0; count < 9; count++) request.socket.write(registers(foreign, () => 1));
    });
    const { read } = open(server.port, { registers: [{ holding: 7 }] });
    expect(await codeOf(read())).toBe("BUS_WRONG_ANSWER");
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

  test("is not learned of a device that refuses everything because it boots", async () => {
    let isBooting = true;
    await using server = await serve((request) => {
      const boots = isBooting && request.functionCode === 4;
      request.socket.write(boots ? exception(request, 2) : registers(request, (at) => at));
    });
    const points = Array.from({ length: 8 }, (_, index) => ({ input: index }));
    const { read, sink } = open(server.port, { registers: [...points, { holding: 8 }] });
    await read();
    expect(sink.latest()).toEqual([...Array(8).fill("exception"), 8]);
    isBooting = false;
    const before = server.requests.length;
    await read();
    expect(sink.latest()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
    expect(server.requests.length - before).toBe(2);
  });

  test("is looked for anew once there was a fresh connection", async () => {
    let isOld = true;
    await using server = await serve((request) => {
      const isRefused = isOld && request.address <= 1 && request.address + request.count > 1;
      request.socket.write(isRefused ? exception(request, 2) : registers(request, (at) => at));
    });
    const { read, sink } = open(server.port, { registers: [{ input: 0 }, { input: 1 }] });
    await read();
    expect(sink.latest()).toEqual([0, "exception"]);
    isOld = false;
    server.requests.at(-1)!.socket.destroy();
    await codeOf(read());
    await read();
    const before = server.requests.length;
    await read();
    expect(sink.latest()).toEqual([0, 1]);
    expect(server.requests.length - before).toBe(1);
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

async function firstLine(child: ChildProcess): Promise<string> {
  for await (const line of createInterface({ input: child.stdout! })) return line;
  throw new Error("the peer ended before it said its port");
}

describe("an independent peer", () => {
  test("pymodbus: our driver reads and writes what it holds", async (context) => {
    const python = requiresPython(context, "pymodbus.server");
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
