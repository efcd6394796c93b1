// A USB adapter that is pulled out and put back: the value is withdrawn, and comes back by itself.

import { expect } from "vitest";
import { scenario } from "../scenario.ts";
import { isBad, isGood } from "./expect.ts";
import { modbusMachine } from "./modbus-machine.ts";

/** From the adapter's device file to the first good value. */
const BACK_MS_MAX = 2_000;
const WITHIN_MS = 60_000;

export const usbPlugScenarios = [
  scenario(
    "RTU: an adapter that is pulled out and put back gives values again within 2 s",
    { driver: "modbus", requires: ["rtuLine", "rtuPlug"] },
    async ({ rtuLine, rtuPlug, start, figure }) => {
      figure("peer", rtuLine.software);
      await rtuLine.set(10, 7);
      const instance = await start(modbusMachine(rtuLine, { speed: { holding: 10 } }));
      await instance.untilValue("speed", isGood(7), WITHIN_MS);
      const pulledAt = performance.now();
      await rtuPlug.unplug();
      await instance.untilValue("speed", isBad, WITHIN_MS);
      figure("withdrawn after", `${Math.round(performance.now() - pulledAt)} ms`);
      await rtuLine.set(10, 8);
      await rtuPlug.plug();
      const pluggedAt = performance.now();
      await instance.untilValue("speed", isGood(8), WITHIN_MS);
      const backMs = Math.round(performance.now() - pluggedAt);
      figure("good again after", `${backMs} ms`);
      expect(backMs).toBeLessThanOrEqual(BACK_MS_MAX);
    },
  ),
];
