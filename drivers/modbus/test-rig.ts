// For tests: a bench with buses as the meter makes them, a Modbus TCP server of our own on
// loopback, which can misbehave in every way a device does, and a sink that remembers. Not built
// on modbus-serial, so that both ends cannot share an error.

import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import type { Clock } from "../../runtime/signal/instant.ts";
import { silentLog } from "../../runtime/signal/log.ts";
import type { Reason } from "../../runtime/signal/quality.ts";
import type { Timers } from "../../runtime/signal/timers.ts";
import { silentWire } from "../../runtime/signal/wire.ts";
import type { Bus, Sink } from "../driver.ts";
import { modbusDriver } from "./modbus.ts";

export interface DeviceUnderTest {
  readonly settings?: Record<string, unknown>;
  readonly registers: readonly Record<string, unknown>[];
}

/** Makes buses as the meter does from a machine file, and closes them all. */
export class Bench {
  readonly #clock: Clock;
  readonly #timers: Timers;
  readonly #buses: Bus[] = [];

  constructor(clock: Clock, timers: Timers) {
    this.#clock = clock;
    this.#timers = timers;
  }

  open(
    settings: Record<string, unknown>,
    devices: readonly DeviceUnderTest[],
    timers: Timers = this.#timers,
  ) {
    const sinks = devices.map(() => new RecordingSink());
    const bus = modbusDriver.create({
      name: "plant",
      settings: modbusDriver.bus.parse({
        host: "127.0.0.1",
        connectTimeout: "500ms",
        ...settings,
      }),
      devices: devices.map((device, index) => ({
        name: `device${index}`,
        settings: modbusDriver.device.parse({ timeout: "100ms", retries: 0, ...device.settings }),
        points: device.registers.map((register, point) => ({
          name: `point${point}`,
          settings: modbusDriver.point.parse({ register }),
        })),
        sink: sinks[index]!,
        wire: silentWire,
      })),
      clock: this.#clock,
      timers,
      log: silentLog,
    });
    this.#buses.push(bus);
    const [device] = bus.devices;
    return {
      bus,
      sinks,
      sink: sinks[0]!,
      read: () => device!.read!(),
      write: (point: number, raw: number) => device!.write(point, raw),
    };
  }

  async close(): Promise<void> {
    await Promise.all(this.#buses.splice(0).map((bus) => bus.close()));
  }
}

export interface ServerRequest {
  readonly transactionId: number;
  readonly unitId: number;
  readonly functionCode: number;
  readonly address: number;
  /** The count of a read; the value of a single write. */
  readonly count: number;
  /** The whole PDU, function code first. */
  readonly pdu: Buffer;
  readonly socket: Socket;
}

export interface RigServer extends AsyncDisposable {
  readonly port: number;
  readonly requests: readonly ServerRequest[];
  readonly connections: () => number;
}

/** Answers each request with what `answer` writes to its socket. */
export async function serve(
  answer: (request: ServerRequest) => unknown,
  port = 0,
): Promise<RigServer> {
  const requests: ServerRequest[] = [];
  const sockets = new Set<Socket>();
  let connections = 0;
  const server: Server = createServer((socket) => {
    connections += 1;
    sockets.add(socket);
    let received = Buffer.alloc(0);
    // The driver drops connections on purpose; what is written to them afterwards goes nowhere.
    socket.on("error", () => socket.destroy());
    socket.on("close", () => sockets.delete(socket));
    socket.on("data", (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      while (received.length >= 12) {
        const length = 6 + received.readUInt16BE(4);
        const request = parse(received.subarray(0, length), socket);
        received = received.subarray(length);
        requests.push(request);
        void answer(request);
      }
    });
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    requests,
    connections: () => connections,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

function parse(frame: Buffer, socket: Socket): ServerRequest {
  return {
    transactionId: frame.readUInt16BE(0),
    unitId: frame.readUInt8(6),
    functionCode: frame.readUInt8(7),
    address: frame.readUInt16BE(8),
    count: frame.readUInt16BE(10),
    pdu: Buffer.from(frame.subarray(7)),
    socket,
  };
}

/** A frame with the request's transaction id and, unless told otherwise, its unit id. */
export function frame(request: ServerRequest, pdu: readonly number[], unitId = request.unitId) {
  const header = Buffer.alloc(7);
  header.writeUInt16BE(request.transactionId, 0);
  header.writeUInt16BE(pdu.length + 1, 4);
  header.writeUInt8(unitId, 6);
  return Buffer.concat([header, Buffer.from(pdu)]);
}

export function exception(request: ServerRequest, code: number): Buffer {
  return frame(request, [request.functionCode | 0x80, code]);
}

/** The answer of a well-behaved device whose register n holds `valueAt(n)`. */
export function registers(request: ServerRequest, valueAt: (address: number) => number): Buffer {
  const data = Array.from({ length: request.count }, (_, index) => {
    const value = valueAt(request.address + index);
    return [value >> 8, value & 0xff];
  }).flat();
  return frame(request, [request.functionCode, data.length, ...data]);
}

/** A well-behaved device over plain memory, for reads and single or multiple writes. */
export function deviceWith(memory: { coils: boolean[]; words: number[] }) {
  return (request: ServerRequest): void => {
    const { functionCode, address, count, pdu, socket } = request;
    if (functionCode <= 2) {
      const bytes = new Array<number>(Math.ceil(count / 8)).fill(0);
      for (let bit = 0; bit < count; bit++) {
        if (memory.coils[address + bit]) bytes[bit >> 3]! |= 1 << (bit & 7);
      }
      socket.write(frame(request, [functionCode, bytes.length, ...bytes]));
      return;
    }
    if (functionCode <= 4) {
      socket.write(registers(request, (at) => memory.words[at] ?? 0));
      return;
    }
    if (functionCode === 5) memory.coils[address] = count === 0xff00;
    if (functionCode === 6) memory.words[address] = count;
    for (let index = 0; functionCode === 16 && index < count; index++) {
      memory.words[address + index] = pdu.readUInt16BE(6 + index * 2);
    }
    socket.write(frame(request, [...pdu.subarray(0, 5)]));
  };
}

/** What a sink was given, by point. */
class RecordingSink implements Sink {
  readonly got = new Map<number, (number | Reason)[]>();

  sample(point: number, raw: number): void {
    this.#add(point, raw);
  }

  bad(point: number, reason: Reason): void {
    this.#add(point, reason);
  }

  block(): void {
    throw new Error("a Modbus device has no waveforms");
  }

  gap(): void {
    throw new Error("a Modbus device has no waveforms");
  }

  lost(): void {
    throw new Error("a Modbus device does not speak unasked");
  }

  /** The latest of each point, in order. */
  latest(): (number | Reason | undefined)[] {
    return [...this.got.keys()].sort((a, b) => a - b).map((point) => this.got.get(point)?.at(-1));
  }

  #add(point: number, value: number | Reason): void {
    this.got.set(point, [...(this.got.get(point) ?? []), value]);
  }
}
