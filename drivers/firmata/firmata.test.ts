// The driver against a board in software at the other end of a pseudo-terminal.

import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { HostClock } from "../../firmware/host/clock.ts";
import { hostTimers } from "../../firmware/host/timers.ts";
import { silentLog } from "../../runtime/signal/log.ts";
import { requires } from "../../runtime/testing/requires.ts";
import type { Found } from "../driver.ts";
import { codeOf, makeBus, type OpenedBus } from "../shared/test-rig.ts";
import { firmataDriver } from "./firmata.ts";
import { SENSORS } from "./sensor-table.ts";
import { FirmataPeer } from "./test-rig.ts";

const clock = new HostClock({ boot: "test", synchronised: () => false });

/** A silent board is known as such within a second, and a busy machine is not taken for one. */
const QUICK = { sampling: "20ms", check: "200ms", startTimeout: "3s" };

let peer: FirmataPeer;
const opened: OpenedBus[] = [];

beforeEach(async (context) => {
  peer = new FirmataPeer(requires(context, "socat"));
  await peer.plug();
});

afterEach(async () => {
  await Promise.all(opened.splice(0).map(({ bus }) => bus.close()));
  await peer?.dispose();
});

function open(
  points: readonly Readonly<Record<string, unknown>>[],
  settings: Readonly<Record<string, unknown>> = {},
): OpenedBus & { readonly device: OpenedBus["bus"]["devices"][number] } {
  const bus = makeBus(firmataDriver, {
    clock,
    timers: hostTimers,
    settings: { port: peer.path },
    devices: [{ settings: { ...QUICK, ...settings }, points }],
  });
  opened.push(bus);
  return { ...bus, device: bus.bus.devices[0]! };
}

describe("inputs", () => {
  test("analog counts come unasked at the sampling interval", async () => {
    peer.analog[2] = 511;
    const { device, sinks } = open([{ analog: 2 }]);
    await device.start!();
    await sinks[0]!.until(() => sinks[0]!.values().length >= 3);
    expect(sinks[0]!.values().slice(0, 3)).toEqual([511, 511, 511]);
    peer.analog[2] = 1_020;
    await sinks[0]!.until(() => sinks[0]!.latest() === 1_020);
  });

  test("counts beyond the converter are no value", async () => {
    peer.analog[0] = 1_500;
    const { device, sinks } = open([{ analog: 0 }]);
    await device.start!();
    await sinks[0]!.until(() => sinks[0]!.latest() === "out-of-range");
  });

  test("digital levels come at a change, and at each check while nothing changes", async () => {
    peer.levels[2] = 1;
    const { device, sinks } = open([
      { digital: { pin: 2, pullUp: true } },
      { digital: { pin: 9 } },
    ]);
    await device.start!();
    await sinks[0]!.until(() => sinks[0]!.values().length >= 4);
    expect(new Set(sinks[0]!.values())).toEqual(new Set([1]));
    expect(peer.modes[2]).toBe(11);
    peer.setLevel(2, 0);
    await sinks[0]!.until(() => sinks[0]!.latest() === 0);
    expect(sinks[0]!.latest(1)).toBe(0);
  });
});

describe("outputs", () => {
  const points = [
    { relay: { pin: 7 } },
    { relay: { pin: 8, normallyClosed: true, safe: 1 } },
    { pwm: { pin: 5, safe: 10 } },
    { servo: { pin: 9, safe: 0 } },
    { digital: { pin: 6 } },
  ];

  test("are safe at start, are written and read back, and safe again at the end", async () => {
    const { bus, device, sinks } = open(points);
    await device.start!();
    const states = () => [7, 8, 5, 9].map((pin) => peer.states[pin]);
    expect(states()).toEqual([0, 0, 10, 600]);
    await device.write(0, 1);
    await device.write(1, 0);
    await device.write(2, 255);
    await device.write(3, 90);
    expect(states()).toEqual([1, 1, 255, 1_500]);
    expect([0, 1, 2, 3].map((point) => sinks[0]!.latest(point))).toEqual([1, 0, 255, 90]);
    await bus.close();
    expect(states()).toEqual([0, 0, 10, 600]);
  });

  test("have a value at each check, because the board was asked for it", async () => {
    const { device, sinks } = open(points);
    await device.start!();
    await device.write(0, 1);
    const before = sinks[0]!.values(0).length;
    await sinks[0]!.until(() => sinks[0]!.values(0).length > before + 2);
    expect(sinks[0]!.values(0).slice(before)).not.toContain(0);
  });

  test("an input beside a relay gets no pull-up when the relay is written", async () => {
    peer.levels[6] = 1;
    const { device, sinks } = open(points);
    await device.start!();
    await sinks[0]!.until(() => sinks[0]!.latest(4) === 1);
    await device.write(0, 1);
    expect(peer.modes[6]).toBe(0);
    // 1 would be its pull-up, which the write of a whole port switches on.
    expect(peer.states[6]).toBe(0);
  });

  const refused = [
    { name: "a relay half closed", point: 0, raw: 0.5 },
    { name: "more than a PWM has", point: 2, raw: 256 },
    { name: "a servo beyond its end", point: 3, raw: 181 },
    { name: "not a number", point: 3, raw: Number.NaN },
    { name: "an input", point: 4, raw: 1 },
  ];
  test.each(refused)("refuse $name", async ({ point, raw }) => {
    const { device } = open(points);
    await device.start!();
    expect(await codeOf(device.write(point, raw))).toBe("WRITE_REFUSED");
  });

  test("a pin that does not keep what is written is told", async () => {
    const { device } = open(points);
    await device.start!();
    peer.stuckPins.add(7);
    expect(await codeOf(device.write(0, 1))).toBe("WRITE_REFUSED");
  });

  test("are written one after the other, and made safe also in the middle of a write", async () => {
    const { bus, device } = open(points);
    await device.start!();
    peer.isSilent = true;
    const first = codeOf(device.write(0, 1));
    expect(await codeOf(device.write(0, 1))).toBe("BUS_BUSY");
    peer.isSilent = false;
    await bus.close();
    expect(await first).toBe("BUS_CLOSED");
    expect(peer.states[7]).toBe(0);
  });

  test("are not written while the board is away", async () => {
    const { device } = open(points);
    expect(await codeOf(device.write(0, 1))).toBe("BUS_CLOSED");
  });
});

describe("a board that goes away", () => {
  const points = [{ analog: 0 }, { relay: { pin: 7 } }];

  test("by falling silent is lost, and comes back with another start", async () => {
    const { device, sinks } = open(points);
    await device.start!();
    peer.isSilent = true;
    await sinks[0]!.until(() => sinks[0]!.losses.length > 0);
    expect(sinks[0]!.losses[0]).toMatchObject({ code: "BUS_TIMEOUT" });
    peer.isSilent = false;
    peer.analog[0] = 77;
    await device.start!();
    await sinks[0]!.until(() => sinks[0]!.latest() === 77);
    expect(sinks[0]!.losses.length).toBe(1);
  });

  test("by a reset that it tells of is lost at once", async () => {
    const { device, sinks } = open(points);
    await device.start!();
    peer.restart();
    await sinks[0]!.until(() => sinks[0]!.losses.length > 0);
    expect(sinks[0]!.losses[0]).toMatchObject({
      code: "BUS_CLOSED",
      message: expect.stringContaining("reset"),
    });
  });

  const silently = [
    { name: "an input's mode", points: [{ digital: { pin: 2 } }], write: null },
    { name: "an output's state", points: [{ relay: { pin: 7 } }], write: 1 },
    { name: "the reports of an input", points: [{ analog: 0 }], write: null },
  ];
  test.each(silently)("by a reset that nobody heard of shows in $name", async (row) => {
    const { device, sinks } = open(row.points);
    await device.start!();
    if (row.write !== null) await device.write(0, row.write);
    peer.restart(false);
    await sinks[0]!.until(() => sinks[0]!.losses.length > 0);
    expect(["BUS_CLOSED", "BUS_TIMEOUT"]).toContain(
      (sinks[0]!.losses[0] as { code?: string }).code,
    );
  });

  test("by being pulled out is lost, and is there again when it is plugged in", async () => {
    const { device, sinks } = open(points);
    await device.start!();
    await peer.unplug();
    await sinks[0]!.until(() => sinks[0]!.losses.length > 0);
    expect(sinks[0]!.losses[0]).toMatchObject({ code: "BUS_CLOSED" });
    expect(await codeOf(device.start!())).toBe("BUS_UNREACHABLE");
    await peer.plug();
    await device.start!();
  });

  test("during its start ends the start, and a close ends it too", async () => {
    peer.isSilent = true;
    const slow = open(points, { startTimeout: "200ms" });
    expect(await codeOf(slow.device.start!())).toBe("BUS_TIMEOUT");
    const { bus, device } = open(points, { startTimeout: "60s" });
    const code = codeOf(device.start!());
    await bus.close();
    expect(await code).toBe("BUS_CLOSED");
    expect(await codeOf(device.start!())).toBe("BUS_CLOSED");
  });
});

describe("a board that misbehaves", () => {
  test("with bytes that are no Firmata has its values all the same", async () => {
    peer.analog[0] = 300;
    const { device, sinks } = open([{ analog: 0 }]);
    await device.start!();
    for (let round = 0; round < 20; round++) {
      peer.send(0x12, 0xe0, 0x05, 0xe3, 0xf0, 0x33, 0xff, 0x80, 0x55, 0xf7, 0xc0, 0x01);
    }
    const before = sinks[0]!.values().length;
    await sinks[0]!.until(() => sinks[0]!.values().length > before + 3);
    expect(new Set(sinks[0]!.values())).toEqual(new Set([300]));
    expect(sinks[0]!.losses).toEqual([]);
  });

  test("with a message about a pin that it does not have is lost, and nothing breaks", async () => {
    const { device, sinks } = open([{ analog: 0 }]);
    await device.start!();
    peer.send(0xf0, 0x6e, 100, 1, 0, 0xf7);
    await sinks[0]!.until(() => sinks[0]!.losses.length > 0);
    expect(sinks[0]!.losses[0]).toMatchObject({ code: "BUS_WRONG_ANSWER" });
  });

  test("by flooding is lost", async () => {
    const { device, sinks } = open([{ digital: { pin: 2 } }]);
    await device.start!();
    const flood = hostTimers.every(5, () => {
      for (let round = 0; round < 10; round++) peer.send(...new Array<number>(3_000).fill(0x55));
    });
    await sinks[0]!.until(() => sinks[0]!.losses.length > 0);
    flood.cancel();
    const { code } = sinks[0]!.losses[0] as { code?: string };
    // Where the line is too slow for that, what it had to say comes too late.
    expect(["BUS_WRONG_ANSWER", "BUS_TIMEOUT"]).toContain(code);
  });

  test("that only talks nonsense is told so at its start", async () => {
    peer.isSilent = true;
    const { device } = open([{ analog: 0 }], { startTimeout: "300ms" });
    const code = codeOf(device.start!());
    const talk = hostTimers.every(20, () => {
      peer.isSilent = false;
      peer.send(...new Array<number>(50).fill(0x55));
      peer.isSilent = true;
    });
    expect(await code).toBe("BUS_WRONG_ANSWER");
    talk.cancel();
  });

  test("that is too old is refused, and so is a pin that cannot do what is asked", async () => {
    const { device } = open([{ pwm: { pin: 2 } }]);
    await expect(device.start!()).rejects.toMatchObject({
      code: "SETTING_INVALID",
      remedy: expect.stringContaining("3, 5, 6"),
    });
    expect(await codeOf(open([{ analog: 9 }]).device.start!())).toBe("SETTING_INVALID");
    peer.protocol = [2, 3];
    expect(await codeOf(open([{ analog: 0 }]).device.start!())).toBe("SETTING_INVALID");
  });
});

test("a port that somebody else has is busy", async () => {
  const { device } = open([{ analog: 0 }]);
  await device.start!();
  expect(await codeOf(open([{ analog: 0 }]).device.start!())).toBe("BUS_BUSY");
});

test("a board is one device", async () => {
  const bus = makeBus(firmataDriver, {
    clock,
    timers: hostTimers,
    settings: { port: peer.path },
    devices: [{ points: [{ analog: 0 }] }, { points: [{ analog: 1 }] }],
  });
  opened.push(bus);
  expect(await codeOf(bus.bus.devices[1]!.start!())).toBe("SETTING_INVALID");
});

test("nothing is left of johnny-five's hands on the process, so that it can end", async () => {
  const hands = () => ["SIGINT", "exit"].map((event) => process.listenerCount(event));
  const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === "Timeout").length;
  const before = { hands: hands(), timers: timers() };
  for (const sensor of Object.entries(SENSORS).flatMap(sensorsOf)) {
    const { bus, device } = open([{ analog: 0 }, { servo: { pin: 9 } }, { sensor }]);
    await device.start!();
    expect(hands()).toEqual(before.hands);
    await bus.close();
  }
  expect(timers()).toBe(before.timers);
});

function sensorsOf([controller, { quantities }]: [string, { quantities: readonly string[] }]) {
  return quantities.map((quantity) => ({ controller, quantity }));
}

describe("a scan", () => {
  async function scan(stop = new AbortController()): Promise<readonly Found[]> {
    const found: Found[] = [];
    const settings = firmataDriver.bus.parse({ port: peer.path });
    const parts = { settings, clock, timers: hostTimers, log: silentLog, stop: stop.signal };
    for await (const each of firmataDriver.scan!({ ...parts, progress() {} })) found.push(each);
    return found;
  }

  test("tells the sketch and what its pins can do", async () => {
    const found = await scan();
    expect(found[0]?.what).toBe("StandardFirmata.ino 2.5, protocol 2.7");
    expect(found).toContainEqual({
      where: "pin 16",
      what: "analog input 2, digital input, pull-up, output, servo",
      settings: { analog: 2 },
    });
    expect(peer.resets).toBe(0);
  });

  test("ends when it is stopped", async () => {
    peer.isSilent = true;
    const stop = new AbortController();
    const ended = scan(stop);
    hostTimers.after(50, () => stop.abort());
    expect(await ended).toEqual([]);
  });
});
