// The CAN driver: what its settings are and how its bus is put together.

import { Fault } from "../../runtime/signal/fault.ts";
import { type Bus, type Driver, defineDriver } from "../driver.ts";
import { type Libc, loadLibc } from "../shared/libc.ts";
import { CanBus } from "./can-bus.ts";
import { scanBus } from "./scan.ts";
import { busSettings, deviceSettings, pointSettings } from "./settings.ts";

/** On the system calls of this machine, or on those that a test makes up. */
export function canDriverOn(load: () => Promise<Libc>): Driver {
  return defineDriver({
    name: "can",
    summary: "J1939 controllers of engines and machines, over SocketCAN",
    bus: busSettings,
    device: deviceSettings,
    point: pointSettings,
    ownProcess: true,
    create({ name, settings, devices, clock, timers, log }): Bus {
      const bus = new CanBus({ name, settings, devices, clock, timers, log, loadLibc: load });
      return {
        devices: devices.map((device, index) => ({
          start: () => bus.start(index),
          async write() {
            throw new Fault(
              "WRITE_REFUSED",
              `Device ${device.name} is read only: a machine's controllers are not written to.`,
              "Write to a signal of another device.",
            );
          },
        })),
        close: () => bus.close(),
      };
    },
    scan: (context) => scanBus(context, load),
  });
}

export const canDriver = canDriverOn(loadLibc);
