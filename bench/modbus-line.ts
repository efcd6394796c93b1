// What both Modbus benchmarks need: libmodbus devices on the rig's noisy wire, and the same wire
// asked by bare modbus-serial.

import modbusSerial from "modbus-serial";
import { HostClock } from "../firmware/host/clock.ts";
import { libmodbusSlave, startLibmodbus } from "../hil-tests/peers/modbus-peers.ts";
import type { Noise } from "../hil-tests/place.ts";
import { NoisyWire } from "../hil-tests/pty/noisy-wire.ts";

/** Pair n of a device's registers holds n, and how often it was read: see rtu-slave.c. */
export const PAIRS_FROM = 1_000;

export const benchClock = new HostClock({ boot: "bench", synchronised: () => true });

export interface Line extends AsyncDisposable {
  readonly wire: NoisyWire;
}

/** Devices with the unit ids 1, 2, … on one wire; the reason why not where they cannot be had. */
export async function lineOf(
  devices: number,
  baudRate: number,
  seed: number,
  noise: Partial<Noise>,
): Promise<Line | string> {
  const slave = libmodbusSlave();
  if ("missing" in slave) return slave.missing;
  const stack = new AsyncDisposableStack();
  const wire = stack.use(await NoisyWire.open({ baudRate, seed, devices }));
  for (const [index, port] of wire.devicePorts.entries()) {
    stack.use(await startLibmodbus(slave.program, port, baudRate, index + 1));
  }
  await wire.noise(noise);
  return { wire, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

/** modbus-serial as its documentation shows it, with the timeout that it lacks by default. */
export async function bareClient(port: string, baudRate: number, timeoutMs: number) {
  const client = new modbusSerial.default();
  await client.connectRTUBuffered(port, { baudRate });
  client.setTimeout(timeoutMs);
  return client;
}
