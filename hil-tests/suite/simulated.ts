// Scripted signals: what the script says is what is metered, faults included.

import { expect } from "vitest";
import { until } from "../instance.ts";
import { scenario } from "../scenario.ts";
import { errorsOf, isGood } from "./expect.ts";

const WITHIN_MS = 60_000;

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
      // On record, because a slow place may look only when it is over.
      const told = await until(
        async () => {
          const records = await instance.records();
          const samples = records.filter((record) => record.kind === "sample");
          const current = samples.filter(({ signal }) => signal === "current");
          const broken = current.findIndex(({ quality }) => quality === "bad");
          return broken !== -1 && current.length > broken + 1 && current.slice(broken);
        },
        "the fault and its end",
        WITHIN_MS,
      );
      const [broken, mended] = told;
      expect(broken).toMatchObject({ reason: "sensor-fault", value: null });
      expect(mended).toMatchObject({ quality: "good", value: 12 });
      await instance.untilValue("current", isGood(12));
      const state = await instance.state();
      expect(errorsOf(state, "fan", "BUS_TIMEOUT")).toBeGreaterThan(0);
      expect(state.usage.registers.working).toBeGreaterThan(0);
      expect(state.usage.registers.unknown).toBeGreaterThanOrEqual(1_000);
    },
  ),
];
