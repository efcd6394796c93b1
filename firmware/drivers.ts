// The table of drivers: what `driver:` in a machine file can name. A driver is registered by one
// line here and by nothing else; nothing registers itself by being imported.

import { canDriver } from "../drivers/can/can.ts";
import type { Driver } from "../drivers/driver.ts";
import { firmataDriver } from "../drivers/firmata/firmata.ts";
import { gpioDriver } from "../drivers/gpio/gpio.ts";
import { linuxDriver } from "../drivers/linux/linux.ts";
import { modbusDriver } from "../drivers/modbus/modbus.ts";
import { opcuaClientDriver } from "../drivers/opcua-client/opcua-client.ts";
import { serialDriver } from "../drivers/serial/serial.ts";
import { simulatedDriver } from "../drivers/simulated/simulated.ts";
import { waveformDriver } from "../drivers/waveform/waveform.ts";

export const drivers: readonly Driver[] = [
  canDriver,
  firmataDriver,
  gpioDriver,
  linuxDriver,
  modbusDriver,
  opcuaClientDriver,
  serialDriver,
  simulatedDriver,
  waveformDriver,
];
