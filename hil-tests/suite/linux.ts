// What the kernel reads: the product says what the kernel says.

import { expect } from "vitest";
import { scenario } from "../scenario.ts";

export const linuxScenarios = [
  scenario(
    "a reading of the kernel arrives as it is",
    { driver: "linux", requires: ["linuxSensor"] },
    async ({ linuxSensor, start, figure }) => {
      const instance = await start({
        buses: { own: linuxSensor.bus },
        devices: { sensor: { bus: "own", every: "500ms", ...linuxSensor.device } },
        signals: { reading: { device: "sensor", ...linuxSensor.point } },
      });
      const { value } = await instance.untilValue("reading", ({ quality }) => quality === "good");
      figure("reading", value!);
      expect(value).toBe(await linuxSensor.reading());
    },
  ),
];
