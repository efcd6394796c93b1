// The OPC UA client driver: what its settings are and how its bus is put together.

import { type Bus, defineDriver } from "../driver.ts";
import { OpcuaDevice } from "./opcua-device.ts";
import { scanServer } from "./scan.ts";
import { ServerLine } from "./server-line.ts";
import { busSettings, deviceSettings, pointSettings } from "./settings.ts";

export const opcuaClientDriver = defineDriver({
  name: "opcua-client",
  summary: "Variables of a controller that has an OPC UA server",
  bus: busSettings,
  device: deviceSettings,
  point: pointSettings,
  ownProcess: true,
  create({ name, settings, devices, clock, timers, log }): Bus {
    const line = new ServerLine({ name, settings, clock, timers, log });
    return {
      devices: devices.map((device) => new OpcuaDevice(device, { line, clock, timers, log })),
      close: () => line.close(),
    };
  },
  scan: scanServer,
});
