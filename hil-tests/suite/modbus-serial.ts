// Modbus over serial lines, and over sockets with serial lines behind them: the good path of each,
// and what befalls a cable. Noise has scenarios of its own, in modbus-noise.ts.

import { expect } from "vitest";
import { scenario } from "../scenario.ts";
import { errorsOf, isBad, isGood } from "./expect.ts";
import { modbusMachine, readsEveryKind } from "./modbus-machine.ts";

const SPEED = { speed: { holding: 10 } };

export const modbusSerialScenarios = [
  scenario(
    "RTU: registers of every table and width arrive as they stand in the device",
    { driver: "modbus", requires: ["rtuLine"] },
    ({ rtuLine, start, figure }) => readsEveryKind(rtuLine, start, figure),
  ),
  scenario(
    "ASCII: registers of every table and width arrive as they stand in the device",
    { driver: "modbus", requires: ["asciiLine"] },
    ({ asciiLine, start, figure }) => readsEveryKind(asciiLine, start, figure),
  ),
  scenario(
    "RTU over TCP: registers of every table and width arrive as they stand in the device",
    { driver: "modbus", requires: ["rtuOverTcp"] },
    ({ rtuOverTcp, start, figure }) => readsEveryKind(rtuOverTcp, start, figure),
  ),
  scenario(
    "RTU: a cut line is a timeout and no value; mended, it gives the value again",
    { driver: "modbus", requires: ["rtuLine", "rtuWire"] },
    async ({ rtuLine, rtuWire, start }) => {
      await rtuLine.set(10, 7);
      const instance = await start(modbusMachine(rtuLine, SPEED));
      await instance.untilValue("speed", isGood(7));
      await rtuWire.cut();
      const { reason } = await instance.untilValue("speed", isBad);
      expect(reason).toBe("timeout");
      await rtuLine.set(10, 8);
      await rtuWire.restore();
      await instance.untilValue("speed", isGood(8));
      expect(errorsOf(await instance.state(), "drive", "BUS_TIMEOUT")).toBeGreaterThan(0);
    },
  ),
  scenario(
    "RTU: an adapter that is pulled out and put back is read again without a restart",
    { driver: "modbus", requires: ["rtuLine", "rtuPlug"] },
    async ({ rtuLine, rtuPlug, start, figure }) => {
      await rtuLine.set(10, 7);
      const instance = await start(modbusMachine(rtuLine, SPEED));
      await instance.untilValue("speed", isGood(7));
      await rtuPlug.unplug();
      const { reason } = await instance.untilValue("speed", isBad);
      expect(reason).toBe("not-connected");
      await rtuLine.set(10, 8);
      await rtuPlug.plug();
      const pluggedAt = performance.now();
      await instance.untilValue("speed", isGood(8));
      figure("good again after", `${Math.round(performance.now() - pluggedAt)} ms`);
    },
  ),
  scenario(
    "RTU: a port that is not there at the start is found when it appears",
    { driver: "modbus", requires: ["rtuLine", "rtuPlug"] },
    async ({ rtuLine, rtuPlug, start }) => {
      await rtuLine.set(10, 7);
      await rtuPlug.unplug();
      const instance = await start(modbusMachine(rtuLine, SPEED));
      const state = await instance.untilState(
        (now) => errorsOf(now, "drive", "BUS_UNREACHABLE") > 0,
        "the port that is not there",
      );
      expect(state.devices[0]!.lastError?.message).toContain(String(rtuLine.bus["port"]));
      await rtuPlug.plug();
      await instance.untilValue("speed", isGood(7));
    },
  ),
  scenario(
    "RTU: a port that another program has open is refused with that program's name",
    { driver: "modbus", requires: ["rtuLine", "processes"] },
    async ({ rtuLine, start }) => {
      await rtuLine.set(10, 7);
      const first = await start(modbusMachine(rtuLine, SPEED));
      await first.untilValue("speed", isGood(7));
      const second = await start(modbusMachine(rtuLine, SPEED));
      const state = await second.untilState(
        (now) => errorsOf(now, "drive", "BUS_BUSY") > 0,
        "the port in use",
      );
      expect(state.devices[0]!.lastError?.message).toMatch(/is in use by .+ \(process \d+\)/);
      expect(state.values["speed"]).toMatchObject({ quality: "bad", value: null });
      await rtuLine.set(10, 8);
      await first.untilValue("speed", isGood(8));
    },
  ),
  scenario(
    "RTU: an echoing adapter is read where the machine file says so, and never taken for a device",
    { driver: "modbus", requires: ["rtuLine", "rtuWire"] },
    async ({ rtuLine, rtuWire, start }) => {
      await rtuLine.set(10, 7);
      await rtuWire.noise({ echo: true });
      const undeclared = await start(modbusMachine(rtuLine, SPEED));
      const state = await undeclared.untilState(
        (now) => errorsOf(now, "drive", "BUS_WRONG_ANSWER") > 0,
        "the echo as a fault",
      );
      expect(state.values["speed"]).toMatchObject({ quality: "bad", value: null });
      await undeclared.stop();
      const bus = { ...rtuLine.bus, echo: true };
      const declared = await start(modbusMachine({ ...rtuLine, bus }, SPEED));
      await declared.untilValue("speed", isGood(7));
    },
  ),
  scenario(
    "RTU: a NaN and an impossible number are no values",
    { driver: "modbus", requires: ["rtuLine"] },
    async ({ rtuLine, start }) => {
      await rtuLine.set(20, 0x7fc0);
      await rtuLine.set(21, 0);
      await rtuLine.set(22, 0x42c8);
      await rtuLine.set(23, 0);
      const instance = await start(
        modbusMachine(rtuLine, {
          broken: { holding: 20, type: "float32" },
          whole: { holding: 22, type: "float32" },
        }),
      );
      await instance.untilValue("whole", isGood(100));
      await instance.untilValue("broken", isBad);
    },
  ),
];
