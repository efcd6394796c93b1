// The two places on this machine. They differ in what runs the product and in who is at the other
// end: `simulated` has everything in one process, `pty` has real processes, real ports and peers
// that somebody else wrote.

import type { OpenPlace } from "../place.ts";
import { startInProcess } from "./in-process-instance.ts";
import { type Binding, LocalPlace } from "./local-place.ts";
import {
  asciiBinding,
  ownModbusTcp,
  pymodbusRtuOverTcpBinding,
  pymodbusTcpBinding,
  rtuBinding,
  rtuBusBinding,
} from "./modbus-bindings.ts";
import { firmataBinding, linuxBinding, opcuaBinding } from "./other-bindings.ts";
import { startProcesses } from "./process-instance.ts";
import { serialBinding } from "./serial-binding.ts";
import { waveformBinding } from "./waveform-binding.ts";

const processes: Binding = {
  provides: ["processes"],
  missing: () => null,
  open: async () => ({ processes: {} }),
};

export const openSimulated: OpenPlace = async (environment, { seed }) =>
  new LocalPlace({
    environment,
    seed,
    bindings: [ownModbusTcp, linuxBinding, opcuaBinding, waveformBinding],
    start: startInProcess,
  });

export const openPty: OpenPlace = async (environment, { seed }) =>
  new LocalPlace({
    environment,
    seed,
    bindings: [
      pymodbusTcpBinding,
      pymodbusRtuOverTcpBinding,
      rtuBinding,
      rtuBusBinding,
      asciiBinding,
      serialBinding,
      firmataBinding,
      linuxBinding,
      opcuaBinding,
      waveformBinding,
      processes,
    ],
    start: startProcesses,
  });
