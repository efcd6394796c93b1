// A device on a serial port whose other end the rig holds: it says what the scenario tells it to.

import { NoisyWire } from "../pty/noisy-wire.ts";
import { TextPort } from "../pty/text-port.ts";
import type { Binding } from "./local-place.ts";

export const serialBinding: Binding = {
  provides: ["serialLine", "serialPlug"],
  missing: () => null,
  async open({ settings, seed, cleanup }) {
    const {
      bus = {},
      device = {},
      baudRate,
    } = settings("serialLine") as {
      readonly bus?: object;
      readonly device?: object;
      readonly baudRate: number;
    };
    const wire = cleanup.use(await NoisyWire.open({ baudRate, seed }));
    const port = cleanup.use(new TextPort(wire.devicePorts[0]!));
    const serialLine = {
      bus: { driver: "serial", port: wire.port, baudRate, ...bus },
      device: { ...device },
      async send(bytes: Uint8Array | string) {
        port.write(typeof bytes === "string" ? bytes : Buffer.from(bytes).toString("latin1"));
      },
      received: async () => port.take(),
    };
    return { serialLine, serialPlug: wire };
  },
};
