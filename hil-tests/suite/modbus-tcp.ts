// Modbus over TCP: what a device holds arrives, and what happens to its server stays with it.

import { expect } from "vitest";
import type { MachineParts, ModbusPeer, Settings } from "../place.ts";
import { scenario } from "../scenario.ts";
import { errorsOf, isBad, isGood } from "./expect.ts";

/** One device with these registers, asked ten times a second. */
export function modbusMachine(
  peer: ModbusPeer,
  registers: Readonly<Record<string, Settings>>,
): MachineParts {
  const signals = Object.entries(registers).map(
    ([name, register]) => [name, { device: "drive", register }] as const,
  );
  return {
    buses: { plant: peer.bus },
    devices: { drive: { bus: "plant", every: "100ms", ...peer.device } },
    signals: Object.fromEntries(signals),
  };
}

export const modbusTcpScenarios = [
  scenario(
    "TCP: registers of every table and width arrive as they stand in the device",
    { driver: "modbus", requires: ["modbusTcp"] },
    async ({ modbusTcp, start, figure }) => {
      figure("peer", modbusTcp.software);
      await modbusTcp.set(10, 4_711);
      await modbusTcp.set(12, 0x0001);
      await modbusTcp.set(13, 0x86a0);
      await modbusTcp.setCoil(3, true);
      const instance = await start(
        modbusMachine(modbusTcp, {
          speed: { holding: 10 },
          hours: { holding: 12, type: "uint32" },
          pressure: { input: 10 },
          ready: { coil: 3 },
          open: { discrete: 4 },
        }),
      );
      await instance.untilValue("speed", isGood(4_711));
      await instance.untilValue("hours", isGood(100_000));
      await instance.untilValue("pressure", isGood(4_711));
      await instance.untilValue("ready", isGood(1));
      await instance.untilValue("open", isGood(0));
      await modbusTcp.set(10, 4_712);
      await instance.untilValue("speed", isGood(4_712));
    },
  ),
  scenario(
    "TCP: a register that the device lacks is bad alone, with the exception as its reason",
    { driver: "modbus", requires: ["modbusTcp"] },
    async ({ modbusTcp, start }) => {
      await modbusTcp.set(10, 7);
      const instance = await start(
        modbusMachine(modbusTcp, { speed: { holding: 10 }, nothing: { holding: 60_000 } }),
      );
      await instance.untilValue("speed", isGood(7));
      const { reason } = await instance.untilValue("nothing", isBad);
      expect(reason).toBe("exception");
    },
  ),
  scenario(
    "TCP: a server that goes away withdraws the value, and one that comes back gives it again",
    { driver: "modbus", requires: ["modbusTcp", "modbusTcpService"] },
    async ({ modbusTcp, modbusTcpService, start, figure }) => {
      await modbusTcp.set(10, 7);
      const instance = await start(modbusMachine(modbusTcp, { speed: { holding: 10 } }));
      await instance.untilValue("speed", isGood(7));
      await modbusTcpService.stop();
      await instance.untilValue("speed", isBad);
      const state = await instance.untilState(
        (now) => errorsOf(now, "drive", "BUS_UNREACHABLE") > 0,
        "the typed fault",
      );
      expect(Object.keys(state.devices[0]!.errors)).not.toContain("DRIVER_DEFECT");
      await modbusTcpService.start();
      await modbusTcp.set(10, 8);
      const startedAt = performance.now();
      await instance.untilValue("speed", isGood(8));
      figure("good again after", `${Math.round(performance.now() - startedAt)} ms`);
    },
  ),
  scenario(
    "TCP: a device that is absent at the start appears later",
    { driver: "modbus", requires: ["modbusTcp", "modbusTcpService"] },
    async ({ modbusTcp, modbusTcpService, start }) => {
      await modbusTcpService.stop();
      const instance = await start(modbusMachine(modbusTcp, { speed: { holding: 10 } }));
      await instance.untilValue("speed", isBad);
      await modbusTcpService.start();
      await modbusTcp.set(10, 9);
      await instance.untilValue("speed", isGood(9));
    },
  ),
  scenario(
    "TCP: a dead device costs its neighbour nothing",
    { driver: "modbus", requires: ["modbusTcp"] },
    async ({ modbusTcp, start }) => {
      await modbusTcp.set(10, 7);
      // TEST-NET-1 (RFC 5737): nobody answers there, and nobody refuses.
      const dead = { ...modbusTcp.bus, host: "192.0.2.1", connectTimeout: "1s" };
      const instance = await start({
        buses: { plant: modbusTcp.bus, dead },
        devices: {
          drive: { bus: "plant", every: "100ms", ...modbusTcp.device },
          gone: { bus: "dead", every: "100ms", ...modbusTcp.device },
        },
        signals: {
          speed: { device: "drive", register: { holding: 10 } },
          lost: { device: "gone", register: { holding: 10 } },
        },
      });
      await instance.untilValue("speed", isGood(7));
      await instance.untilValue("lost", isBad);
      const before = (await instance.state()).devices[0]!;
      const after = await instance.untilState(
        ({ devices }) => devices[0]!.reads >= before.reads + 20,
        "twenty more reads",
      );
      expect(after.devices[0]!.errors).toEqual(before.errors);
    },
  ),
];
