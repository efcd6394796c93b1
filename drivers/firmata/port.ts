// The serial port of a board. The rest of what a port is stands with the shared ports.

import type { Timers } from "../../runtime/signal/timers.ts";
import { openSerialPort, type SerialPort } from "../shared/serial-port.ts";
import type { BusSettings } from "./settings.ts";

export function openBoardPort(
  bus: BusSettings,
  place: string,
  timers: Timers,
): Promise<SerialPort> {
  const settings = { ...bus, dataBits: 8, parity: "none", stopBits: 1, rtscts: false } as const;
  return openSerialPort(settings, place, timers);
}
