// Scripted signals: what the script says is what is metered, faults included.

import { expect } from "vitest";
import { scenario } from "../scenario.ts";
import { errorsOf, isBad, isGood } from "./expect.ts";

export const simulatedScenarios = [
  scenario(
    "a scripted fault withdraws the value for as long as the script says",
    { driver: "simulated", requires: [] },
    async ({ start }) => {
      const instance = await start({
        buses: { script: { driver: "simulated" } },
        devices: {
          pump: { bus: "script", every: "50ms" },
          fan: { bus: "script", every: "50ms", silent: { from: "0s", for: "1h" } },
        },
        signals: {
          current: {
            device: "pump",
            wave: { constant: 12 },
            broken: { from: "5s", for: "2s" },
          },
          speed: { device: "fan", wave: { constant: 1 } },
        },
        usage: { WORKING: { signal: "current", above: 5 } },
      });
      await instance.untilValue("current", isGood(12));
      const { reason } = await instance.untilValue("current", isBad);
      expect(reason).toBe("sensor-fault");
      await instance.untilValue("current", isGood(12));
      const state = await instance.state();
      expect(errorsOf(state, "fan", "BUS_TIMEOUT")).toBeGreaterThan(0);
      expect(state.usage.registers.working).toBeGreaterThan(0);
      expect(state.usage.registers.unknown).toBeGreaterThanOrEqual(1_000);
    },
  ),
];
