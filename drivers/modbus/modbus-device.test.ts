import { afterEach, describe, expect, test } from "vitest";
import { hostTimers } from "../../firmware/host/timers.ts";
import { FakeClock } from "../../runtime/testing/fake-clock.ts";
import { codeOf } from "../shared/test-rig.ts";
import { Bench, deviceWith, exception, frame, registers, serve } from "./test-rig.ts";

const bench = new Bench(new FakeClock(), hostTimers);
afterEach(() => bench.close());

/** "SDM630" and two bytes of padding. */
const PLATE = [0x5344, 0x4d36, 0x3330, 0x0000];
const identity = {
  register: { holding: 0, type: "string", length: 4 },
  equals: "SDM630",
};

describe("a device that has to say who it is", () => {
  test("is read once it has, and not asked again on the same connection", async () => {
    await using server = await serve(deviceWith({ coils: [], words: [...PLATE, 42] }));
    const device = { settings: { identity }, registers: [{ holding: 4 }] };
    const { read, sink } = bench.open({ port: server.port }, [device]);
    await read();
    await read();
    expect(sink.got.get(0)).toEqual([42, 42]);
    expect(server.requests.map(({ address }) => address)).toEqual([0, 4, 4]);
  });

  test("and is another is refused, read and write, until it is the right one", async () => {
    const words = [0x5344, 0x4d31, 0x3230, 0x0000, 42];
    await using server = await serve(deviceWith({ coils: [], words }));
    const device = { settings: { identity }, registers: [{ holding: 4 }] };
    const { read, write, sink } = bench.open({ port: server.port }, [device]);
    const fault = await read().catch((error: unknown) => error);
    expect(fault).toMatchObject({
      code: "BUS_WRONG_ANSWER",
      message: 'Device device0 says it is "SDM120", not "SDM630".',
    });
    expect(await codeOf(write(0, 1))).toBe("BUS_WRONG_ANSWER");
    expect(words[4]).toBe(42);
    expect(sink.latest()).toEqual([]);
    words.splice(0, 4, ...PLATE);
    await read();
    expect(sink.latest()).toEqual([42]);
  });

  test("is asked again after it was silent", async () => {
    const words = [7, 42];
    let isSilent = false;
    await using server = await serve((request) => {
      if (!isSilent) deviceWith({ coils: [], words })(request);
    });
    const plate = { register: { holding: 0 }, equals: 7 };
    const device = { settings: { identity: plate }, registers: [{ holding: 1 }] };
    const { read, sink } = bench.open({ port: server.port }, [device]);
    await read();
    isSilent = true;
    expect(await codeOf(read())).toBe("BUS_TIMEOUT");
    isSilent = false;
    words[0] = 8;
    expect(await codeOf(read())).toBe("BUS_WRONG_ANSWER");
    expect(sink.got.get(0)).toEqual([42]);
  });
});

describe("a register that the device lacks", () => {
  test("turns bad with a sentence that says where to look", async () => {
    await using server = await serve((request) => {
      const isRefused = request.address <= 120 && request.address + request.count > 120;
      request.socket.write(isRefused ? exception(request, 2) : registers(request, () => 1));
    });
    const device = { registers: [{ holding: 119 }, { holding: 120 }] };
    const { read, sink } = bench.open({ port: server.port }, [device]);
    await read();
    expect(sink.latest()).toEqual([1, "exception"]);
    expect(sink.fault(1)).toMatchObject({
      code: "BUS_EXCEPTION",
      message: "Exception 2: device device0 has no holding 120 (40121 in many manuals).",
      remedy:
        "Is its list counted from 1? Then try `holding: 119`; else it may be `input: 120`, or " +
        "this model lacks it.",
    });
  });

  test("in a hole is left out, and the rest is read in as few requests as before", async () => {
    await using server = await serve((request) => {
      const isRefused = request.address <= 5 && request.address + request.count > 5;
      request.socket.write(isRefused ? exception(request, 2) : registers(request, (at) => at));
    });
    const points = [0, 1, 2, 8, 9].map((holding) => ({ holding }));
    const device = { settings: { holesMax: 10 }, registers: points };
    const { read, sink } = bench.open({ port: server.port }, [device]);
    await read();
    expect(sink.latest()).toEqual([0, 1, 2, 8, 9]);
    expect(server.requests.map(({ count }) => count)).toEqual([10, 3, 2]);
  });

  test("a table that it does not read is named too", async () => {
    await using server = await serve((request) => {
      request.socket.write(exception(request, 1));
    });
    const { read } = bench.open({ port: server.port }, [{ registers: [{ input: 3 }] }]);
    await expect(read()).rejects.toMatchObject({
      remedy: "The device does not read this table: try `holding: 3`.",
    });
  });
});

describe("a write", () => {
  test.each([
    ["single", [5, 6]],
    ["multiple", [15, 16]],
  ])("uses the functions that the device knows: %s", async (writeWith, functions) => {
    const memory = { coils: [false], words: [0, 0] };
    await using server = await serve((request) => {
      if (request.functionCode !== 15) return deviceWith(memory)(request);
      memory.coils[request.address] = (request.pdu[6]! & 1) === 1;
      request.socket.write(frame(request, [...request.pdu.subarray(0, 5)]));
    });
    const device = {
      settings: { writeWith },
      registers: [{ coil: 0 }, { holding: 0 }, { holding: 0, type: "uint32" }],
    };
    const { write } = bench.open({ port: server.port }, [device]);
    await write(0, 1);
    await write(1, 7);
    const used = server.requests.map(({ functionCode }) => functionCode).filter((code) => code > 4);
    expect(used).toEqual(functions);
    expect(memory).toEqual({ coils: [true], words: [7, 0] });
    const wide = await codeOf(write(2, 70_000));
    expect(wide).toBe(writeWith === "single" ? "WRITE_REFUSED" : "no fault: null");
  });

  test("to some of a register's bits is refused before anything is sent", async () => {
    await using server = await serve(deviceWith({ coils: [], words: [0] }));
    const device = { registers: [{ holding: 0, bit: 3 }] };
    const { write } = bench.open({ port: server.port }, [device]);
    expect(await codeOf(write(0, 1))).toBe("WRITE_REFUSED");
    expect(server.requests).toEqual([]);
  });
});

describe("after a request that was not answered", () => {
  test("the same question comes first, before the others of the device", async () => {
    let isSilent = true;
    await using server = await serve((request) => {
      if (!isSilent || request.address !== 20) request.socket.write(registers(request, (at) => at));
    });
    const points = [0, 20, 40].map((holding) => ({ holding }));
    const { read, sink } = bench.open({ port: server.port }, [{ registers: points }]);
    expect(await codeOf(read())).toBe("BUS_TIMEOUT");
    isSilent = false;
    await read();
    expect(server.requests.map(({ address }) => address)).toEqual([0, 20, 20, 40, 0]);
    expect(sink.latest()).toEqual([0, 20, 40]);
  });
});
