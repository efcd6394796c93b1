// Waveforms: the features of what a sampler plays are those of what it plays.

import { expect } from "vitest";
import { scenario } from "../scenario.ts";

/** The window holds whole periods; what is left is the rounding to 16 bits. */
const RMS_TOLERANCE = 0.002;

export const waveformScenarios = [
  scenario(
    "the root mean square of a tone is that of the tone",
    { driver: "waveform", requires: ["waveformSource"] },
    async ({ waveformSource, start, figure }) => {
      const instance = await start({
        buses: { vibration: waveformSource.bus },
        devices: { accelerometer: { bus: "vibration", ...waveformSource.device } },
        waveforms: { bearing: { device: "accelerometer", ...waveformSource.waveform } },
      });
      const { value } = await instance.untilValue(
        "bearingRms",
        ({ quality }) => quality === "good",
      );
      figure("rms", value!);
      expect(Math.abs(value! - waveformSource.rms)).toBeLessThan(RMS_TOLERANCE);
    },
  ),
];
