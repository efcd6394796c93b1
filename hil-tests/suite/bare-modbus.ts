// What the drivers are compared with: `modbus-serial` as its own examples use it, with nothing of
// ours around it.

import { setTimeout as pause } from "node:timers/promises";
import modbusSerial from "modbus-serial";
import type { LocalPort } from "../place.ts";

/** The package is CommonJS: its class is its default export's default. */
const ModbusRTU = modbusSerial.default;
export type BareClient = InstanceType<typeof ModbusRTU>;

const POLLED_REGISTER = 0;

export interface BareReads {
  readonly good: number;
  /** Values that were returned as good and belong to another register, or are not newer. */
  readonly wrong: number;
  readonly failed: number;
  readonly elapsedMs: number;
}

export async function openBare(port: LocalPort, timeoutMs: number): Promise<BareClient> {
  const client = new ModbusRTU();
  await client.connectRTUBuffered(port.path, { baudRate: port.baudRate });
  client.setTimeout(timeoutMs);
  return client;
}

export function closeBare(client: BareClient): Promise<void> {
  return new Promise((resolve) => client.close(() => resolve()));
}

/** Reads the counted registers in turn, one request after the other. */
export async function readBare(
  client: BareClient,
  registers: readonly number[],
  reads: number,
): Promise<BareReads> {
  const newest = registers.map(() => 0);
  const counts = { good: 0, wrong: 0, failed: 0 };
  const beganAt = performance.now();
  for (let read = 0; read < reads; read++) {
    const pair = read % registers.length;
    try {
      const { data } = await client.readHoldingRegisters(registers[pair]!, 2);
      const [who, count] = data as [number, number];
      counts[who === pair && count > newest[pair]! ? "good" : "wrong"] += 1;
      if (who === pair) newest[pair] = count;
    } catch {
      // Which error it is, is not what is compared here.
      counts.failed += 1;
    }
  }
  return { ...counts, elapsedMs: performance.now() - beganAt };
}

/** Polls each unit once per period, as far as it gets; gives the answers of each unit. */
export async function pollBare(
  client: BareClient,
  units: readonly number[],
  periodMs: number,
  forMs: number,
): Promise<ReadonlyMap<number, number>> {
  const answers = new Map(units.map((unit) => [unit, 0]));
  const beganAt = performance.now();
  for (let period = 0; performance.now() - beganAt < forMs; period++) {
    for (const unit of units) {
      client.setID(unit);
      try {
        await client.readHoldingRegisters(POLLED_REGISTER, 2);
        answers.set(unit, answers.get(unit)! + 1);
      } catch {
        // A dead unit: counted by not being counted.
      }
    }
    await pause(Math.max(0, beganAt + (period + 1) * periodMs - performance.now()));
  }
  return answers;
}
