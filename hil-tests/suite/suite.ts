// Every scenario of the rig, driver by driver. A scenario is registered by being in its driver's
// list, and a list by one line here.

import type { Scenario } from "../scenario.ts";
import { canScenarios } from "./can.ts";
import { firmataScenarios } from "./firmata.ts";
import { gpioScenarios } from "./gpio.ts";
import { linuxScenarios } from "./linux.ts";
import { modbusNoiseScenarios } from "./modbus-noise.ts";
import { modbusSerialScenarios } from "./modbus-serial.ts";
import { modbusTcpScenarios } from "./modbus-tcp.ts";
import { nativeScenarios } from "./native.ts";
import { opcuaClientScenarios } from "./opcua-client.ts";
import { powerScenarios } from "./power.ts";
import { serialScenarios } from "./serial.ts";
import { simulatedScenarios } from "./simulated.ts";
import { usbPlugScenarios } from "./usb-plug.ts";
import { waveformScenarios } from "./waveform.ts";

/**
 * A slow place has a bound for its time: what only such a place can show comes first.
 */
export const suite: readonly Scenario[] = [
  ...nativeScenarios,
  ...gpioScenarios,
  ...canScenarios,
  ...simulatedScenarios,
  ...powerScenarios,
  ...usbPlugScenarios,
  ...modbusTcpScenarios,
  ...modbusSerialScenarios,
  ...modbusNoiseScenarios,
  ...serialScenarios,
  ...firmataScenarios,
  ...linuxScenarios,
  ...opcuaClientScenarios,
  ...waveformScenarios,
];
