// The driver on a kernel of the rig: what a machine builder sees of levels, pulses and outputs.

import { expect, test } from "vitest";
import { silentLog } from "../../runtime/signal/log.ts";
import type { Found, ScanContext } from "../driver.ts";
import { SystemError } from "../shared/libc.ts";
import { codeOf, makeBus } from "../shared/test-rig.ts";
import { Board } from "./test-rig.ts";
import { REQUEST } from "./uapi.ts";

const input = (line: unknown = "GPIO17", more = {}) => ({ line, input: true, ...more });
const count = (line = "GPIO22", more = {}) => ({ line, count: true, ...more });
const output = (line: string, settings: object) => ({ line, output: settings });

test("a level is told at start, at each edge's own instant, and again while it lasts", async () => {
  await using board = new Board();
  const { sinks } = await board.start([input()], { repeat: "1s" });
  const line = board.kernel.line("GPIO17");
  board.kernel.change(line, true, { afterMs: 0.7 });
  await board.clock.advanceAsync(300, 100);
  board.kernel.change(line, false, { afterMs: -20.5 });
  await board.clock.advanceAsync(1_700, 100);
  expect(sinks[0]!.got).toEqual([
    { point: 0, value: 0, at: 1_000 },
    { point: 0, value: 1, at: 1_000 },
    { point: 0, value: 0, at: 1_279 },
    { point: 0, value: 0, at: 2_000 },
    { point: 0, value: 0, at: 3_000 },
  ]);
});

test("active low turns levels and outputs round; bias and debounce reach the kernel", async () => {
  await using board = new Board();
  const points = [
    input("GPIO17", { activeLow: true, bias: "pull-up", debounce: "20ms" }),
    { ...output("GPIO5", { safe: 0 }), activeLow: true },
  ];
  const { sinks, bus } = await board.start(points);
  expect(sinks[0]!.values(0)).toEqual([1]);
  expect(board.kernel.line("GPIO17").held).toMatchObject({ flags: 0x136, debounceUs: 20_000 });
  board.kernel.change(board.kernel.line("GPIO17"), true);
  await board.clock.advanceAsync(0);
  expect(sinks[0]!.values(0)).toEqual([1, 0]);
  await bus.devices[0]!.write(1, 1);
  expect(board.kernel.line("GPIO5").driven).toEqual([true, false]);
});

test("an instant never goes back, also when a level is read before its edge is told", async () => {
  await using board = new Board();
  const { sinks } = await board.start([input()], { repeat: "100ms" });
  await board.clock.advanceAsync(100);
  board.kernel.change(board.kernel.line("GPIO17"), true, { afterMs: -40 });
  await board.clock.advanceAsync(0);
  expect(sinks[0]!.got.at(-1)).toEqual({ point: 0, value: 1, at: 1_100 });
});

test("edges that the kernel's queue lost make the level bad before it goes on", async () => {
  await using board = new Board();
  const { sinks } = await board.start([input()]);
  const line = board.kernel.line("GPIO17");
  line.held!.sequence += 3;
  board.kernel.change(line, true);
  await board.clock.advanceAsync(0);
  expect(sinks[0]!.values()).toEqual([0, "overrun", 1]);
  expect(sinks[0]!.got[1]!.fault!.message).toMatch(/^point0 .*GPIO17.*: 3 edges came faster/);
});

test("a storm of edges is bad until it is over, and few of its edges are told", async () => {
  await using board = new Board();
  const { sinks } = await board.start([input()], { repeat: "1s" });
  const line = board.kernel.line("GPIO17");
  for (let ms = 0; ms < 3_000; ms++) {
    board.kernel.pulse(line);
    await board.clock.advanceAsync(1);
  }
  const values = sinks[0]!.values();
  expect(values.length).toBeLessThan(300);
  expect(values.slice(-3)).toEqual(["overrun", "overrun", "overrun"]);
  expect(sinks[0]!.got.at(-1)!.fault).toMatchObject({ code: "SOURCE_OVERRUN" });
  await board.clock.advanceAsync(2_000, 100);
  expect(sinks[0]!.values().slice(-2)).toEqual([0, 0]);
});

test("pulses are counted exactly, and told at a bounded rate", async () => {
  await using board = new Board();
  const { sinks } = await board.start([count()], { report: "100ms" });
  const line = board.kernel.line("GPIO22");
  for (let ms = 0; ms < 5_000; ms++) {
    board.kernel.pulse(line, { afterMs: 0.1 });
    board.kernel.pulse(line, { afterMs: 0.6 });
    await board.clock.advanceAsync(1);
  }
  expect(sinks[0]!.latest()).toBe(10_000);
  expect(sinks[0]!.got.length).toBeLessThanOrEqual(52);
});

test("pulses do not wait in the kernel for a report that is long in coming", async () => {
  await using board = new Board();
  const { sinks } = await board.start([count()], { report: "5s", repeat: "5s" });
  const line = board.kernel.line("GPIO22");
  for (let ms = 0; ms < 5_000; ms++) {
    board.kernel.pulse(line);
    await board.clock.advanceAsync(1);
  }
  expect(sinks[0]!.values()).toEqual([0, 5_000]);
});

test("a count that does not change is told once in each repeat", async () => {
  await using board = new Board();
  const { sinks } = await board.start([count()], { repeat: "1s" });
  await board.clock.advanceAsync(2_000, 100);
  expect(sinks[0]!.got.map(({ at }) => at)).toEqual([1_000, 2_000, 3_000]);
});

test("pulses that overflow the queue are told and not counted", async () => {
  await using board = new Board();
  const { sinks } = await board.start([count()]);
  const line = board.kernel.line("GPIO22");
  for (let pulses = 0; pulses < 1_500; pulses++) board.kernel.pulse(line, { isQuiet: true });
  await board.clock.advanceAsync(300, 100);
  expect(sinks[0]!.values()).toEqual([0, "overrun", 1_024]);
  // Bad for a whole report: nobody is to overlook it.
  expect(sinks[0]!.got.map(({ at }) => at)).toEqual([1_000, 1_100, 1_200]);
  expect(sinks[0]!.got[1]!.fault!.message).toMatch(/: 476 edges came faster .* not counted\.$/);
  board.kernel.pulse(line);
  await board.clock.advanceAsync(100);
  expect(sinks[0]!.latest()).toBe(1_025);
});

test("one pick-up gives count, frequency and speed", async () => {
  await using board = new Board();
  const rate = { window: "1s", timeout: "2s" };
  const { sinks } = await board.start([
    count(),
    { line: "GPIO22", frequency: rate },
    { line: "GPIO22", speed: { pulsesPerRevolution: 3, ...rate } },
  ]);
  expect(sinks[0]!.values(1)).toEqual(["settling"]);
  const line = board.kernel.line("GPIO22");
  for (let pulses = 0; pulses < 75; pulses++) {
    board.kernel.pulse(line);
    await board.clock.advanceAsync(40);
  }
  expect(sinks[0]!.latest(0)).toBe(75);
  expect(sinks[0]!.latest(1)).toBeCloseTo(25, 6);
  expect(sinks[0]!.latest(2)).toBeCloseTo(500, 6);
  await board.clock.advanceAsync(2_000, 100);
  expect(sinks[0]!.latest(1)).toBe(0);
  expect(sinks[0]!.latest(2)).toBe(0);
});

test("an output has its safe level from its first moment, and again at the end", async () => {
  await using board = new Board();
  const opened = await board.start([output("GPIO5", { safe: 1 })]);
  const line = board.kernel.line("GPIO5");
  expect(line.driven).toEqual([true]);
  await opened.bus.devices[0]!.write(0, 0);
  expect(opened.sinks[0]!.values()).toEqual([1, 0]);
  await board.close(opened);
  expect(line.driven).toEqual([true, false, true]);
  expect(line.held).toBeNull();
});

test("who only looks sees an output's level and drives nothing", async () => {
  await using board = new Board();
  const { clock } = board;
  for (const name of ["GPIO5", "GPIO6"]) board.kernel.line(name).high = true;
  // Driven before by something that has gone: to take it and let it go would end that.
  board.kernel.line("GPIO6").direction = "out";
  const points = [
    output("GPIO5", { safe: 0, start: 1 }),
    output("GPIO6", { safe: 0 }),
    input("GPIO17"),
  ];
  const parts = { clock, timers: clock, devices: [{ points }], onlyLooks: true } as const;
  const opened = makeBus(board.driver, parts);
  await opened.bus.devices[0]!.start!();
  expect(board.kernel.line("GPIO6").held).toBeNull();
  await board.close(opened);
  expect(opened.sinks[0]!.got).toEqual([
    expect.objectContaining({ point: 1, value: "not-connected" }),
    expect.objectContaining({ point: 0, value: 1 }),
    expect.objectContaining({ point: 2, value: 0 }),
  ]);
  for (const name of ["GPIO5", "GPIO6"]) {
    expect(board.kernel.line(name)).toMatchObject({ driven: [], high: true, held: null });
  }
});

test("an output that is kept sees no edge at start", async () => {
  await using board = new Board();
  const line = board.kernel.line("GPIO5");
  line.high = true;
  const { sinks } = await board.start([output("GPIO5", { safe: 0, start: "keep" })]);
  expect(line.driven).toEqual([true]);
  expect(sinks[0]!.values()).toEqual([1]);
});

test("an output is safe when the process ends on a defect", async () => {
  await using board = new Board();
  const before = process.listeners("exit");
  const { bus } = await board.start([output("GPIO5", { safe: 0, start: 1 })]);
  const [ours] = process.listeners("exit").filter((listener) => !before.includes(listener));
  ours!.call(process, 1);
  expect(board.kernel.line("GPIO5").driven).toEqual([true, false]);
  void bus;
});

test("closing leaves no listener, timer or open file", async () => {
  await using board = new Board();
  const before = process.listenerCount("exit");
  const opened = await board.start([input(), count(), output("GPIO5", { safe: 0 })]);
  const filesAtEnd = opened.bus.close().then(() => board.kernel.files.size);
  await board.clock.advanceAsync(100);
  expect(await filesAtEnd).toBe(0);
  expect(process.listenerCount("exit")).toBe(before);
  expect(board.clock.pendingCalls).toBe(0);
  expect(await codeOf(opened.bus.devices[0]!.start!())).toBe("BUS_CLOSED");
});

const writes = [
  { name: "to an input", point: 0, raw: 1, message: /^point0 is not an output/ },
  { name: "of half a level", point: 1, raw: 0.5, message: /^point1 takes 0 or 1, not 0.5/ },
  { name: "that the pin does not show", point: 1, raw: 1, message: /was set to 1 and has 0/ },
];
test.each(writes)("a write $name is refused", async ({ point, raw, message }) => {
  await using board = new Board();
  const { bus } = await board.start([input(), output("GPIO5", { safe: 0 })]);
  board.kernel.line("GPIO5").isStuck = true;
  const writing = expect(bus.devices[0]!.write(point, raw)).rejects.toMatchObject({
    code: "WRITE_REFUSED",
    message: expect.stringMatching(message),
  });
  await board.clock.advanceAsync(5);
  await writing;
});

test("a line that another program holds is busy, and no output has moved", async () => {
  await using board = new Board();
  Object.assign(board.kernel.line("GPIO17"), { isBusy: true, consumer: "onewire@0" });
  const opened = board.open({ points: [output("GPIO5", { safe: 1 }), input()] });
  await expect(opened.bus.devices[0]!.start!()).rejects.toMatchObject({
    code: "BUS_BUSY",
    message: "Line GPIO17 (pinctrl-bcm2711 offset 17, header pin 11) is in use by onewire@0.",
  });
  expect(board.kernel.line("GPIO5").driven).toEqual([]);
  expect(board.kernel.files.size).toBe(0);
  board.kernel.line("GPIO17").isBusy = false;
  await opened.bus.devices[0]!.start!();
  expect(opened.sinks[0]!.values(1)).toEqual([0]);
});

test("two devices do not get one line", async () => {
  await using board = new Board();
  const { bus } = board.open({ points: [input()] }, { points: [input()] });
  await bus.devices[0]!.start!();
  expect(await codeOf(bus.devices[1]!.start!())).toBe("BUS_BUSY");
});

test("a chip that is unplugged loses its devices alone, and is taken again", async () => {
  await using board = new Board();
  const expander = board.plug("pcf8575", ["pump", "valve"]);
  const { bus, sinks } = board.open(
    { points: [count("pump"), output("valve", { safe: 0, start: 1 })] },
    { points: [input()], settings: { repeat: "100ms" } },
  );
  for (const device of bus.devices) await device.start!();
  board.kernel.pulse(expander.lines[0]!);
  await board.clock.advanceAsync(100);
  board.kernel.unplug(expander);
  await board.clock.advanceAsync(200, 100);
  expect(sinks[0]!.losses).toMatchObject([{ code: "BUS_CLOSED" }]);
  expect(await codeOf(bus.devices[0]!.start!())).toBe("BUS_UNREACHABLE");
  expect(await codeOf(bus.devices[0]!.write(1, 1))).toBe("BUS_CLOSED");
  expander.isGone = false;
  await bus.devices[0]!.start!();
  board.kernel.pulse(expander.lines[0]!);
  await board.clock.advanceAsync(100);
  expect(sinks[0]!.values(0)).toEqual([0, 1, 1, 2]);
  expect(sinks[1]!.losses).toEqual([]);
});

test("a line that was lost is free before it is taken again", async () => {
  await using board = new Board();
  const { bus, sinks } = await board.start([input()], { repeat: "50ms", report: "50ms" });
  const [chip] = board.kernel.chips;
  chip!.isGone = true;
  await board.clock.advanceAsync(50);
  expect(sinks[0]!.losses).toMatchObject([{ code: "BUS_UNREACHABLE" }]);
  chip!.isGone = false;
  const starting = bus.devices[0]!.start!();
  await board.clock.advanceAsync(50);
  await starting;
  expect(sinks[0]!.values()).toEqual([0, 0]);
});

test("a chip that goes while its lines are taken is a start that failed, not a loss", async () => {
  await using board = new Board();
  const { libc } = board.kernel;
  const { ioctl } = libc;
  libc.ioctl = (descriptor, request, argument) => {
    if (request === REQUEST.getValues) throw new SystemError("ioctl", 19);
    return ioctl(descriptor, request, argument);
  };
  const { bus, sinks } = board.open({ points: [input()] });
  expect(await codeOf(bus.devices[0]!.start!())).toBe("BUS_UNREACHABLE");
  expect(sinks[0]!.losses).toEqual([]);
  libc.ioctl = ioctl;
  const starting = bus.devices[0]!.start!();
  await board.clock.advanceAsync(100);
  await starting;
  expect(sinks[0]!.values()).toEqual([0]);
});

test("a controller without GPIO says so, and a chip may come later", async () => {
  await using board = new Board();
  board.kernel.unplug(board.kernel.chips[0]!);
  const { bus } = board.open({ points: [input("pump")] });
  await expect(bus.devices[0]!.start!()).rejects.toMatchObject({
    code: "BUS_UNREACHABLE",
    message: "No GPIO line is called pump. Chips: raspberrypi-exp-gpio.",
  });
  board.plug("pcf8575", ["pump"]);
  await bus.devices[0]!.start!();
});

test("points that want one line in different ways are refused", async () => {
  await using board = new Board();
  const { bus } = board.open({ points: [input("GPIO22"), count()] });
  await expect(bus.devices[0]!.start!()).rejects.toMatchObject({
    code: "SETTING_INVALID",
    message: expect.stringMatching(/^point0 and point1 want GPIO22/),
  });
});

test("a bus that is closed while it starts leaves nothing behind", async () => {
  await using board = new Board();
  const opened = board.open({ points: [input(), output("GPIO5", { safe: 0 })] });
  const starting = codeOf(opened.bus.devices[0]!.start!());
  await board.close(opened);
  expect(await starting).toBe("BUS_CLOSED");
  expect(board.kernel.files.size).toBe(0);
});

test("edges are shown to who traces the device", async () => {
  await using board = new Board();
  const { wires, bus } = await board.start([input(), output("GPIO5", { safe: 0 })]);
  board.kernel.change(board.kernel.line("GPIO17"), true, { afterMs: 0.25 });
  await board.clock.advanceAsync(0);
  await bus.devices[0]!.write(1, 1);
  expect(wires[0]!.frames).toEqual([
    {
      way: "received",
      frame: "GPIO17 (pinctrl-bcm2711 offset 17, header pin 11) → 1 at 1000.25 ms, #1",
    },
    { way: "sent", frame: "GPIO5 (pinctrl-bcm2711 offset 5, header pin 29) = 1" },
  ]);
});

test("a scan shows every line as the machine file would name it", async () => {
  await using board = new Board();
  board.plug("9030000.pl061", ["", "-"]);
  Object.assign(board.kernel.line("GPIO4"), { isBusy: true, consumer: "onewire@0" });
  const context: ScanContext<unknown> = {
    settings: board.driver.bus.parse({}),
    clock: board.clock,
    timers: board.clock,
    log: silentLog,
    stop: new AbortController().signal,
    progress: () => {},
  };
  const found: Found[] = [];
  for await (const line of board.driver.scan!(context)) found.push(line);
  expect(found[4]).toEqual({
    where: "GPIO4",
    what: "pinctrl-bcm2711 offset 4, header pin 7, input, in use by onewire@0",
    settings: { line: "GPIO4" },
  });
  expect(found.slice(30)).toEqual(
    [0, 1].map((offset) => ({
      where: `9030000.pl061 offset ${offset}`,
      what: "gpiochip2, input, free",
      settings: { line: { chip: "9030000.pl061", offset } },
    })),
  );
});
