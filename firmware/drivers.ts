// The table of drivers: what `driver:` in a machine file can name. A driver is registered by one
// line here and by nothing else; nothing registers itself by being imported.

import type { Driver } from "../drivers/driver.ts";
import { gpioDriver } from "../drivers/gpio/gpio.ts";
import { linuxDriver } from "../drivers/linux/linux.ts";
import { modbusDriver } from "../drivers/modbus/modbus.ts";
import { opcuaClientDriver } from "../drivers/opcua-client/opcua-client.ts";
import { simulatedDriver } from "../drivers/simulated/simulated.ts";
import { waveformDriver } from "../drivers/waveform/waveform.ts";

export const drivers: readonly Driver[] = [
  gpioDriver,
  linuxDriver,
  modbusDriver,
  opcuaClientDriver,
  simulatedDriver,
  waveformDriver,
];
