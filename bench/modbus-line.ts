// What both Modbus benchmarks need: devices on the rig's paced wire, and the same wire
// asked by bare modbus-serial.

import { once } from "node:events";
import modbusSerial from "modbus-serial";
import { SerialPort } from "serialport";
import { rtu } from "../drivers/modbus/framing.ts";
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

/** libmodbus as unit 1 on a noisy wire; the reason why not where it cannot be had. */
export async function noisyLine(
  baudRate: number,
  seed: number,
  noise: Partial<Noise>,
): Promise<Line | string> {
  const slave = libmodbusSlave();
  if ("missing" in slave) return slave.missing;
  const stack = new AsyncDisposableStack();
  const wire = stack.use(await NoisyWire.open({ baudRate, seed }));
  stack.use(await startLibmodbus(slave.program, wire.devicePorts[0]!, baudRate, 1));
  await wire.noise(noise);
  return { wire, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

/** Fixed: function, address and count. */
const READ_REQUEST_BYTES = 8;

/**
 * Units 1 to `units` on one wire, answering reads of registers. Not libmodbus: of several on one
 * line each takes the others' answers for the beginning of a request.
 */
export async function sharedLine(baudRate: number, seed: number, units: number): Promise<Line> {
  const wire = await NoisyWire.open({ baudRate, seed });
  const port = new SerialPort({ path: wire.devicePorts[0]!, baudRate });
  let unread = Buffer.alloc(0);
  port.on("data", (chunk: Buffer) => {
    unread = Buffer.concat([unread, chunk]);
    for (; unread.length >= READ_REQUEST_BYTES; unread = unread.subarray(READ_REQUEST_BYTES)) {
      const request = rtu.decode(unread.subarray(0, READ_REQUEST_BYTES));
      if (request === null) throw new Error(`not a request: ${unread.toString("hex")}`);
      const [unitId, functionCode] = request;
      const bytes = 2 * Buffer.from(request).readUInt16BE(4);
      const data = new Array<number>(bytes).fill(unitId!);
      const pdu = Uint8Array.of(functionCode!, bytes, ...data);
      if (unitId! <= units) port.write(Buffer.from(rtu.encode(unitId!, pdu)));
    }
  });
  await once(port, "open");
  const close = async () => {
    await new Promise<void>((resolve) => port.close(() => resolve()));
    await wire[Symbol.asyncDispose]();
  };
  return { wire, [Symbol.asyncDispose]: close };
}

/** modbus-serial as its documentation shows it, with the timeout that it lacks by default. */
export async function bareClient(port: string, baudRate: number, timeoutMs: number) {
  const client = new modbusSerial.default();
  await client.connectRTUBuffered(port, { baudRate });
  client.setTimeout(timeoutMs);
  return client;
}
