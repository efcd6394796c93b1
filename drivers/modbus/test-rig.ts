// For tests: a bench with buses as the meter makes them, a Modbus TCP server of our own on
// loopback, which can misbehave in every way a device does, and a sink that remembers. Not built
// on modbus-serial, so that both ends cannot share an error.

import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import type { Fault } from "../../runtime/signal/fault.ts";
import type { Clock } from "../../runtime/signal/instant.ts";
import { type Log, silentLog } from "../../runtime/signal/log.ts";
import type { Reason } from "../../runtime/signal/quality.ts";
import type { Timers } from "../../runtime/signal/timers.ts";
import type { Bus } from "../driver.ts";
import { makeBus, type RecordingSink } from "../shared/test-rig.ts";
import type { Framing } from "./framing.ts";
import { modbusDriver } from "./modbus.ts";

export interface DeviceUnderTest {
  readonly settings?: Record<string, unknown>;
  readonly registers: readonly Record<string, unknown>[];
}

/** A machine busy with other tests answers late, and silence is waited for as long. */
export const TIMEOUT_MS = 300;

const LOOPBACK = { host: "127.0.0.1", connectTimeout: "500ms" };

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
    { timers = this.#timers, log = {} }: { timers?: Timers; log?: Partial<Log> } = {},
  ) {
    const { bus, sinks, wires } = makeBus(modbusDriver, {
      clock: this.#clock,
      timers,
      log: { ...silentLog, ...log },
      settings: { ...(typeof settings["port"] === "number" && LOOPBACK), ...settings },
      devices: devices.map((device) => ({
        settings: { timeout: `${TIMEOUT_MS}ms`, retries: 0, ...device.settings },
        points: device.registers.map((register) => ({ register })),
      })),
    });
    this.#buses.push(bus);
    const [device] = bus.devices;
    return {
      bus,
      sinks: sinks.map((sink, index) => new PointView(sink, devices[index]!.registers.length)),
      sink: new PointView(sinks[0]!, devices[0]!.registers.length),
      wires,
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
  const unread = new WeakMap<Socket, Buffer>();
  const server = await serveBytes((chunk, socket) => {
    let received = Buffer.concat([unread.get(socket) ?? Buffer.alloc(0), chunk]);
    while (received.length >= HEADER_BYTES) {
      const length = 6 + received.readUInt16BE(4);
      const request = parse(received.subarray(0, length), socket);
      received = received.subarray(length);
      requests.push(request);
      void answer(request);
    }
    unread.set(socket, received);
  }, port);
  return Object.assign(server, { requests });
}

/** A server on loopback that hands on what comes. */
async function serveBytes(onBytes: (chunk: Buffer, socket: Socket) => void, port = 0) {
  const sockets = new Set<Socket>();
  let connections = 0;
  const server: Server = createServer((socket) => {
    connections += 1;
    sockets.add(socket);
    // The driver drops connections on purpose; what is written to them afterwards goes nowhere.
    socket.on("error", () => socket.destroy());
    socket.on("close", () => sockets.delete(socket));
    socket.on("data", (chunk: Buffer) => onBytes(chunk, socket));
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    connections: () => connections,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

/** Transaction, protocol, length, unit and function. */
const HEADER_BYTES = 8;

function parse(frame: Buffer, socket: Socket): ServerRequest {
  return {
    transactionId: frame.readUInt16BE(0),
    unitId: frame.readUInt8(6),
    functionCode: frame.readUInt8(7),
    // An identification has neither.
    address: frame.length < 12 ? 0 : frame.readUInt16BE(8),
    count: frame.length < 12 ? 0 : frame.readUInt16BE(10),
    pdu: Buffer.from(frame.subarray(7)),
    socket,
  };
}

export interface FrameRequest {
  readonly unitId: number;
  readonly pdu: Buffer;
  readonly functionCode: number;
  readonly address: number;
  readonly count: number;
  readonly frame: Uint8Array;
  readonly socket: Socket;
  /** Sends an answer: of the unit that was asked, unless told otherwise. */
  send(pdu: readonly number[], unitId?: number): void;
}

/** The same for a line without transaction ids; each request has to come in one piece. */
export async function serveFrames(
  framing: Framing,
  answer: (request: FrameRequest) => unknown,
): Promise<AsyncDisposable & { readonly port: number; readonly requests: FrameRequest[] }> {
  const requests: FrameRequest[] = [];
  const server = await serveBytes((chunk, socket) => {
    const body = framing.decode(chunk);
    if (body === null) throw new Error(`not one request: ${chunk.toString("hex")}`);
    const pdu = Buffer.from(body.subarray(1));
    const unitId = body[0]!;
    const request: FrameRequest = {
      unitId,
      pdu,
      functionCode: pdu[0]!,
      // An identification has neither.
      address: pdu.length < 5 ? 0 : pdu.readUInt16BE(1),
      count: pdu.length < 5 ? 0 : pdu.readUInt16BE(3),
      frame: chunk,
      socket,
      send: (bytes, unit = unitId) =>
        void socket.write(framing.encode(unit, Uint8Array.from(bytes))),
    };
    requests.push(request);
    void answer(request);
  });
  return Object.assign(server, { requests });
}

/** The PDU of a device whose register n holds `valueAt(n)`. */
export function registersPdu(
  { functionCode, address, count }: Pick<FrameRequest, "functionCode" | "address" | "count">,
  valueAt: (address: number) => number,
): number[] {
  const words = Array.from({ length: count }, (_, index) => valueAt(address + index));
  return [functionCode, count * 2, ...words.flatMap((word) => [word >> 8, word & 0xff])];
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

/** What a sink was given, point by point. */
class PointView {
  readonly #sink: RecordingSink;
  readonly #points: number;

  constructor(sink: RecordingSink, points: number) {
    this.#sink = sink;
    this.#points = points;
  }

  /** The values of each point that had any. */
  get got(): ReadonlyMap<number, (number | Reason)[]> {
    const points = Array.from({ length: this.#points }, (_, point) => point);
    const all = points.map((point) => [point, this.#sink.values(point)] as const);
    return new Map(all.filter(([, values]) => values.length > 0));
  }

  /** The latest of each point that had any, in order. */
  latest(): (number | Reason | undefined)[] {
    return [...this.got.values()].map((values) => values.at(-1));
  }

  /** The fault that came with the latest of a point. */
  fault(point: number): Fault | undefined {
    return this.#sink.got.findLast((entry) => entry.point === point)?.fault;
  }
}
