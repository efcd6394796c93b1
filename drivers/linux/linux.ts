// The driver for what the kernel of the controller already reads: sensor chips, 1-wire
// thermometers, and the controller's own supply, temperature, memory and disks.

import { type Bus, type Driver, defineDriver } from "../driver.ts";
import { KernelFiles } from "./kernel-files.ts";
import { LinuxDevice } from "./linux-device.ts";
import { scanKernel } from "./scan.ts";
import { busSettings, deviceSettings, pointSettings } from "./settings.ts";

/** The driver for a system whose files begin at `root`; a test gives a folder of its own. */
export function linuxDriverAt(root: string): Driver {
  return defineDriver({
    name: "linux",
    summary: "What the kernel reads: sensor chips, thermometers, the controller itself",
    bus: busSettings,
    device: deviceSettings,
    point: pointSettings,
    create({ devices, clock, timers }): Bus {
      const files = new KernelFiles(root, timers);
      return {
        devices: devices.map((device) => new LinuxDevice(device, files, clock)),
        async close() {
          files.close();
        },
      };
    },
    scan({ timers, stop, progress }) {
      return scanKernel({ files: new KernelFiles(root, timers), stop, progress });
    },
  });
}

export const linuxDriver = linuxDriverAt("/");
