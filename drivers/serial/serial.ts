// The serial driver: devices that speak text or bytes of their own over a serial line, declared in
// the machine file instead of programmed.

import { type Bus, defineDriver } from "../driver.ts";
import { bytesOf } from "./byte-text.ts";
import { SerialLine } from "./line.ts";
import { pointSettings } from "./point.ts";
import { scan } from "./scan.ts";
import { AskedDevice, SpeakingDevice } from "./serial-device.ts";
import { busSettings, deviceSettings } from "./settings.ts";

export const serialDriver = defineDriver({
  name: "serial",
  summary: "Devices with a text or byte protocol of their own on a serial line",
  bus: busSettings,
  device: deviceSettings,
  point: pointSettings,
  create({ name, settings, devices, clock, timers, log }): Bus {
    const line = new SerialLine({ name, settings, clock, timers, log });
    const made = devices.map((device) => {
      const parts = { ...device, line, clock, timers };
      const { request } = device.settings;
      return request === undefined
        ? new SpeakingDevice(parts)
        : new AskedDevice(parts, bytesOf(request));
    });
    return {
      devices: made,
      async close() {
        for (const device of made) device.close();
        await line.close();
      },
    };
  },
  scan,
});
