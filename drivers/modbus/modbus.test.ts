import fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";
import { hostTimers } from "../../firmware/host/timers.ts";
import { sleep } from "../../runtime/signal/timers.ts";
import { FakeClock } from "../../runtime/testing/fake-clock.ts";
import { codeOf } from "../shared/test-rig.ts";
import {
  Bench,
  type DeviceUnderTest,
  deviceWith,
  exception,
  frame,
  registers,
  type ServerRequest,
  serve,
} from "./test-rig.ts";

const bench = new Bench(new FakeClock(), hostTimers);
afterEach(() => bench.close());

const open = (port: number, ...devices: DeviceUnderTest[]) => bench.open({ port }, devices);
const pause = (delayMs: number) => sleep(hostTimers, delayMs);

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
