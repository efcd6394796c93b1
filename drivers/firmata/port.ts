// Opens the port of a board, also right after it was closed.

import { Fault } from "../../runtime/signal/fault.ts";
import { sleep, type Timers } from "../../runtime/signal/timers.ts";
import { openSerialPort, type SerialPort } from "../shared/serial-port.ts";
import type { BusSettings } from "./settings.ts";

/**
 * A port that was closed a moment ago stays locked until the kernel has ended a read of it that was
 * under way: seen on a busy machine in one of some hundred reopenings.
 */
const ATTEMPTS_MAX = 3;
const AGAIN_MS = 100;

export async function openBoardPort(
  bus: BusSettings,
  place: string,
  timers: Timers,
): Promise<SerialPort> {
  const settings = { ...bus, dataBits: 8, parity: "none", stopBits: 1, rtscts: false } as const;
  for (let attempt = 1; ; attempt++) {
    try {
      return await openSerialPort(settings, place, timers);
    } catch (error) {
      const isBusy = error instanceof Fault && error.code === "BUS_BUSY";
      if (!isBusy || attempt === ATTEMPTS_MAX) throw error;
    }
    await sleep(timers, AGAIN_MS);
  }
}
