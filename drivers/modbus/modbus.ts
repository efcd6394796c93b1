// The Modbus driver: what its settings are and how its bus is put together.

import { type Bus, defineDriver } from "../driver.ts";
import { ModbusDevice } from "./modbus-device.ts";
import { makeLine } from "./open-line.ts";
import { placesOf } from "./register.ts";
import { scanBus } from "./scan.ts";
import { busSettings, deviceSettings, pointSettings } from "./settings.ts";

export const modbusDriver = defineDriver({
  name: "modbus",
  summary: "Registers, coils and inputs of Modbus devices over TCP or a serial line",
  bus: busSettings,
  device: deviceSettings,
  point: pointSettings,
  create({ name, settings, devices, clock, timers, log }): Bus {
    const line = makeLine({ name, settings, clock, timers, log });
    return {
      devices: devices.map((device) => {
        const places = device.points.map((point) => placesOf(point.settings.register)[0]!);
        return new ModbusDevice({ ...device, places, line, clock, log });
      }),
      close: () => line.close(),
    };
  },
  scan: scanBus,
});
