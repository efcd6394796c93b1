// Modbus over TCP: what a device holds arrives, and what happens to its server stays with it.

import { expect } from "vitest";
import { scenario } from "../scenario.ts";
import { errorsOf, isBad, isGood } from "./expect.ts";
import { modbusMachine, readsEveryKind } from "./modbus-machine.ts";

export const modbusTcpScenarios = [
  scenario(
    "TCP: registers of every table and width arrive as they stand in the device",
    { driver: "modbus", requires: ["modbusTcp"] },
    ({ modbusTcp, start, figure }) => readsEveryKind(modbusTcp, start, figure),
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
