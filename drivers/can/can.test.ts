// The driver as a whole, on system calls that are made up: what a machine's frames become, and what
// becomes of silence, loss, errors, and an interface that goes.

import { describe, expect, test } from "vitest";
import { FakeClock } from "../../runtime/testing/fake-clock.ts";
import { codeOf, makeBus } from "../shared/test-rig.ts";
import { canDriver, canDriverOn } from "./can.ts";
import { broadcast, errorFrame, FakeCan, frame } from "./test-rig.ts";

const SPEED_AND_LOAD = [{ spn: 190 }, { spn: 92 }] as const;
const EEC1 = 61_444;
const EEC2 = 61_443;

interface Machine {
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly devices: Parameters<typeof makeBus>[1]["devices"];
}

function machine({ settings = {}, devices }: Machine) {
  const clock = new FakeClock();
  const can = new FakeCan(clock);
  const made = makeBus(
    canDriverOn(async () => can.libc),
    { clock, timers: clock, settings: { interface: "can0", ...settings }, devices },
  );
  const start = (index = 0) => made.bus.devices[index]!.start!();
  /** By itself long enough for one visit to the socket. */
  const run = (ms = 30) => clock.advanceAsync(ms, 10);
  return { ...made, clock, can, start, run, sink: made.sinks[0]! };
}

/** A machine with one controller that has begun to speak. */
async function running(
  points: readonly Readonly<Record<string, unknown>>[],
  settings = {},
  timeout = "1s",
) {
  const rig = machine({
    settings,
    devices: [{ settings: { sourceAddress: 0, timeout }, points }],
  });
  const started = rig.start();
  await rig.run();
  return { ...rig, started };
}

describe("values", () => {
  test("the first message of the controller ends the start, in the units of the list", async () => {
    const { can, run, sink, started, wires } = await running(SPEED_AND_LOAD);
    can.arrives(frame(EEC1, "ff ff ff 40 1f"));
    can.arrives(frame(EEC2, "ff ff 37"));
    await run();
    await started;
    await run();
    expect(sink.values(0)).toEqual([1_000]);
    expect(sink.values(1)).toEqual([55]);
    expect(wires[0]!.frames[0]!.frame).toBe("18F00400#FFFFFF401FFFFFFF");
  });

  test("error and not available are reasons, never values", async () => {
    const { can, run, sink } = await running(SPEED_AND_LOAD);
    for (const raw of ["ff fe", "00 fe", "00 fb", "ff fa"]) {
      can.arrives(frame(EEC1, `ff ff ff ${raw}`));
    }
    await run();
    expect(sink.values(0)).toEqual(["sensor-fault", "sensor-fault", "out-of-range", 8_031.875]);
    can.arrives(frame(EEC1, "ff ff ff ff ff"));
    await run();
    expect(sink.latest(0)).toBe("not-configured");
  });

  test("a field of a proprietary group is the integer as it is", async () => {
    const { can, run, sink } = await running([
      { field: { pgn: 65_280, startByte: 2, length: 16, signed: true } },
      { field: { pgn: 65_280, startByte: 4, startBit: 3, length: 2 } },
      { field: { pgn: 65_280, startByte: 5, length: 8, allValues: true } },
      { field: { pgn: 65_280, startByte: 9, length: 8 } },
    ]);
    can.arrives(frame(65_280, "00 fe ef 04 ff"));
    await run();
    expect(sink.got.map(({ value }) => value)).toEqual([-4_098, 1, 255, "not-configured"]);
  });

  test("who is not meant is not heard, and does not even leave the kernel", async () => {
    const { can, run, sink, wires } = await running(SPEED_AND_LOAD);
    can.arrives(frame(EEC1, "ff ff ff 40 1f", { source: 1 }));
    can.arrives(frame(65_262, "50"));
    await run();
    expect(sink.got).toEqual([]);
    expect(wires[0]!.frames).toEqual([]);
  });
});

describe("trouble codes", () => {
  const POINTS = [
    { troubleCodes: "count" },
    { troubleCode: { spn: 100, fmi: 1 } },
    { troubleCode: { spn: 110 } },
    { lamp: "red-stop" },
    { lamp: "protect" },
  ] as const;
  const latest = (rig: { sink: { latest(point: number): unknown } }) =>
    POINTS.map((_, point) => rig.sink.latest(point));

  test("one code fits into one frame", async () => {
    const rig = await running(POINTS);
    rig.can.arrives(frame(65_226, "13 ff 64 00 01 05"));
    await rig.run();
    expect(latest(rig)).toEqual([1, 1, 0, 1, "not-configured"]);
    rig.can.arrives(frame(65_226, "00 ff 00 00 00 00"));
    await rig.run();
    expect(latest(rig)).toEqual([0, 0, 0, 0, 0]);
  });

  test("several come in a broadcast of many frames", async () => {
    const rig = await running(POINTS);
    const report = Buffer.from("30ff64000205 6e000301 9f00037e".replaceAll(" ", ""), "hex");
    for (const one of broadcast(65_226, report)) rig.can.arrives(one);
    await rig.run();
    expect(latest(rig)).toEqual([3, 0, 1, "not-configured", 0]);
  });

  test("a code in the old order of bits cannot be told from another", async () => {
    const rig = await running(POINTS);
    rig.can.arrives(frame(65_226, "00 ff 64 00 01 85"));
    await rig.run();
    expect(latest(rig)).toEqual([1, "not-configured", "not-configured", 0, 0]);
  });
});

describe("silence and loss", () => {
  test("a controller that falls silent is lost alone, and is heard again", async () => {
    const rig = machine({
      devices: [
        { settings: { sourceAddress: 0, timeout: "1s" }, points: SPEED_AND_LOAD },
        { settings: { sourceAddress: 3, timeout: "1s" }, points: [{ spn: 190 }] },
      ],
    });
    const both = Promise.all([rig.start(0), rig.start(1)]);
    await rig.run();
    rig.can.arrives(frame(EEC1, "ff ff ff 40 1f"));
    rig.can.arrives(frame(EEC1, "ff ff ff 40 1f", { source: 3 }));
    await rig.run();
    await both;
    for (let count = 0; count < 15; count++) {
      rig.can.arrives(frame(EEC1, "ff ff ff 40 1f", { source: 3 }));
      await rig.run(100);
    }
    expect(rig.sinks.map(({ losses }) => losses.length)).toEqual([1, 0]);
    expect(rig.sink.losses[0]!.message).toContain("source address 0");
    const again = rig.start(0);
    await rig.run();
    rig.can.arrives(frame(EEC1, "ff ff ff 40 1f"));
    await rig.run();
    await again;
  });

  test("a controller that never speaks is a timeout with a remedy", async () => {
    const { clock, started } = await running(SPEED_AND_LOAD);
    const code = codeOf(started);
    await clock.advanceAsync(1_500, 50);
    expect(await code).toBe("BUS_TIMEOUT");
  });

  test("frames that the kernel dropped are told to every point, once a second", async () => {
    const { can, run, sink } = await running(SPEED_AND_LOAD);
    can.arrives(frame(EEC1, "ff ff ff 40 1f"));
    await run();
    can.drops(3);
    can.arrives(frame(EEC1, "ff ff ff 40 1f"));
    can.drops(4);
    can.arrives(frame(EEC1, "ff ff ff 40 1f"));
    await run();
    expect(sink.values(0)).toEqual([1_000, "overrun", 1_000, 1_000]);
    expect(sink.values(1)).toEqual(["overrun"]);
    expect(sink.got.find(({ value }) => value === "overrun")!.fault!.code).toBe("SOURCE_OVERRUN");
  });

  test("frames that waited while nothing ran are not told as what is so now", async () => {
    const { can, run, sink, clock, started } = await running(SPEED_AND_LOAD, {});
    can.arrives(frame(EEC1, "ff ff ff 40 1f"));
    await run();
    await started;
    can.arrives(frame(EEC1, "ff ff ff 80 1f"));
    clock.advance(900);
    await run();
    expect(sink.latest(0)).toBe(1_008);
    for (let index = 0; index < 600; index++) can.arrives(frame(EEC1, "ff ff ff 00 00"));
    // No frame is fetched meanwhile.
    clock.advance(5_000);
    await run();
    expect(sink.latest(0)).toBe("overrun");
    expect(sink.values(0)).not.toContain(0);
    can.arrives(frame(EEC1, "ff ff ff 40 1f"));
    await run();
    expect(sink.latest(0)).toBe(1_000);
  });

  test("a message that was begun before frames were lost is not completed after it", async () => {
    const { can, run, sink } = await running([{ troubleCodes: "count" }]);
    const codes = Uint8Array.of(0, 0xff, 0x64, 0, 1, 1, 0x6e, 0, 0, 1, 0xbe, 0, 1, 1);
    const [announcement, first, second] = broadcast(0xfeca, codes);
    for (const frame of [announcement!, first!]) can.arrives(frame);
    await run();
    can.drops(1);
    can.arrives(second!);
    await run();
    expect(sink.values(0)).toEqual([]);
    for (const frame of [announcement!, first!, second!]) can.arrives(frame);
    await run();
    expect(sink.values(0)).toEqual([3]);
  });

  test("a flood is taken in pieces, and none of it is lost by us", async () => {
    const { can, run, sink } = await running(SPEED_AND_LOAD);
    for (let count = 0; count < 5_000; count++) can.arrives(frame(EEC1, "ff ff ff 40 1f"));
    await run(5_000);
    expect(sink.values(0)).toHaveLength(5_000);
  });
});

describe("the interface", () => {
  test.each([
    ["absent", "BUS_UNREACHABLE", "is not there"],
    ["down", "BUS_UNREACHABLE", "is down"],
    ["no-can", "BUS_UNREACHABLE", "kernel has no CAN"],
  ] as const)("that is %s is said so, and no socket is left", async (state, code, sentence) => {
    const { can, start, bus } = machine({
      devices: [{ settings: { sourceAddress: 0 }, points: SPEED_AND_LOAD }],
    });
    can.state = state;
    await expect(start()).rejects.toMatchObject({
      code,
      message: expect.stringContaining(sentence),
    });
    expect(can.openSockets).toBe(0);
    await bus.close();
  });

  test.each(["down", "absent"] as const)("that goes (%s) is lost, and comes back", async (how) => {
    const { can, run, sink, start, started } = await running(SPEED_AND_LOAD);
    can.arrives(frame(EEC1, "ff ff ff 40 1f"));
    await run();
    await started;
    can.fails(how);
    await run();
    expect(sink.losses).toHaveLength(1);
    expect(can.openSockets).toBe(0);
    expect(await codeOf(start())).toBe("BUS_UNREACHABLE");
    can.state = "up";
    const again = start();
    await run();
    can.arrives(frame(EEC1, "ff ff ff 40 1f"));
    await run();
    await again;
    expect(can.openSockets).toBe(1);
  });

  test("that goes off the bus after errors says what to look at", async () => {
    const { can, run, sink, started } = await running(SPEED_AND_LOAD);
    can.arrives(frame(EEC1, "ff ff ff 40 1f"));
    await run();
    await started;
    can.arrives(errorFrame(0x04, 0x10));
    await run();
    expect(sink.losses).toEqual([]);
    can.arrives(errorFrame(0x40));
    await run();
    expect(sink.losses[0]).toMatchObject({ code: "BUS_CLOSED" });
    expect(sink.losses[0]!.message).toContain("off the bus");
  });

  test("a bus is closed within its wait, and leaves no socket", async () => {
    const { bus, can, clock, started } = await running(SPEED_AND_LOAD);
    const code = codeOf(started);
    const closed = bus.close();
    await clock.advanceAsync(500, 50);
    await closed;
    expect(await code).toBe("BUS_CLOSED");
    expect(can.openSockets).toBe(0);
    expect(clock.pendingCalls).toBe(0);
    expect(await codeOf(bus.devices[0]!.start!())).toBe("BUS_CLOSED");
  });

  test("nothing is written", async () => {
    const { bus } = machine({ devices: [{ settings: { sourceAddress: 0 }, points: [] }] });
    expect(await codeOf(bus.devices[0]!.write(0, 1))).toBe("WRITE_REFUSED");
  });
});

test("on the real kernel, an interface that is not there is a fault and no crash", async () => {
  const clock = new FakeClock();
  const { bus } = makeBus(canDriver, {
    ...{ clock, timers: clock, settings: { interface: "nobodyHasThis" } },
    devices: [{ settings: { sourceAddress: 0 }, points: [{ spn: 190 }] }],
  });
  expect(await codeOf(bus.devices[0]!.start!())).toBe("BUS_UNREACHABLE");
  await bus.close();
});

describe("requests", () => {
  const HOURS = [{ spn: 247, requestEvery: "10s" }] as const;
  /** Under 249, group 65253 of address 0. */
  const REQUEST = "18ea00f9#e5fe00";
  const CLAIM = "18eefff9#0100e0ff00fffe7f";

  test("without an own address nothing is sent, and asking is a wrong setting", async () => {
    const { can, start, bus } = machine({
      devices: [{ settings: { sourceAddress: 0 }, points: HOURS }],
    });
    expect(await codeOf(start())).toBe("SETTING_INVALID");
    expect(can.sent).toEqual([]);
    await bus.close();
  });

  test("an address is claimed first, then each group is asked for in its rhythm", async () => {
    const { can, run, sink, started } = await running(HOURS, { ownAddress: 249 }, "2s");
    await run(400);
    expect(can.sent).toEqual([CLAIM]);
    await run(500);
    expect(can.sent).toEqual([CLAIM, REQUEST]);
    can.arrives(frame(65_253, "78 56 34 12"));
    await run();
    await started;
    expect(sink.values()).toEqual([0x12345678 / 20]);
  });

  test("a full bus delays a request and loses none", async () => {
    const { can, run } = await running(HOURS, { ownAddress: 249 }, "2s");
    await run(400);
    can.isFull = true;
    await run(400);
    expect(can.sent).toEqual([CLAIM]);
    can.isFull = false;
    await run(500);
    expect(can.sent).toEqual([CLAIM, REQUEST]);
  });

  test("who holds the address keeps it, and we fall silent", async () => {
    const { can, run, sink, started } = await running(HOURS, { ownAddress: 249 }, "2s");
    const code = codeOf(started);
    await run(250);
    can.arrives(frame(0xee00, "01 00 00 00 00 00 00 00", { source: 249 }));
    await run(2_000);
    expect(can.sent).toEqual([CLAIM]);
    expect(sink.got[0]!.fault!.code).toBe("BUS_BUSY");
    expect(await code).toBe("BUS_TIMEOUT");
  });

  test("a controller that refuses a group turns its points bad", async () => {
    const { can, run, sink } = await running(HOURS, { ownAddress: 249 }, "2s");
    can.arrives(frame(0xe800, "01 ff ff ff f9 e5 fe 00", { destination: 249 }));
    await run();
    expect(sink.values()).toEqual(["exception"]);
  });

  test("who asks for claimed addresses gets ours", async () => {
    const { can, run } = await running(HOURS, { ownAddress: 249 }, "2s");
    await run(900);
    can.arrives(frame(0xea00, "00 ee 00", { source: 5, destination: 255 }));
    await run();
    expect(can.sent).toEqual([CLAIM, REQUEST, CLAIM]);
  });
});
