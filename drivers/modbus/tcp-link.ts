// One TCP connection to a Modbus device or gateway, from its first byte to its end. Built around
// modbus-serial, which knows the protocol; what the library leaves open is closed here: it has no
// timeout of its own, a request survives its connection, and nothing reconnects.

import { Socket } from "node:net";
import type modbusSerial from "modbus-serial";
import { Fault, reasonOf } from "../../runtime/signal/fault.ts";
import type { Timers } from "../../runtime/signal/timers.ts";
import type { Wire } from "../../runtime/signal/wire.ts";
import { FrameCheck } from "./frame-check.ts";
import { type Ask, ModbusException, type Target } from "./line.ts";
import { dataBytes } from "./pdu.ts";
import { codeOrReason, connectSocket, type SocketTarget, unreachableFault } from "./socket.ts";

type Client = InstanceType<typeof modbusSerial.default>;

/** The pending request of a link. */
interface Pending {
  readonly place: string;
  readonly wire: Wire;
  readonly fail: (fault: Fault) => void;
}

export class TcpLink {
  readonly #target: SocketTarget;
  readonly #place: string;
  readonly #timers: Timers;
  readonly #socket = new Socket();
  /** Made when the link opens: the library brings serial ports along, which cost memory. */
  #client!: Client;
  readonly #check = new FrameCheck();
  #pending: Pending | null = null;

  /** `place` names the bus in messages. */
  constructor(target: SocketTarget, place: string, timers: Timers) {
    this.#target = target;
    this.#place = place;
    this.#timers = timers;
  }

  /** Rejects with BUS_UNREACHABLE where no connection comes up in time, or `drop` is called. */
  async open(): Promise<void> {
    const socket = this.#socket;
    // The end of a connection always arrives as `close`; an `error` before it only says why.
    let why = "the other side closed it";
    socket.on("error", (error) => {
      why = codeOrReason(error);
    });
    socket.on("close", () => this.#pending?.fail(closedFault(this.#place, why)));
    const { default: library } = await import("modbus-serial");
    this.#client = new library.default();
    // A socket that was dropped meanwhile would come to life again by being connected.
    if (socket.destroyed) throw unreachableFault(this.#place, "the attempt was ended");
    await connectSocket(socket, this.#target, this.#place, this.#timers);
    this.#watchWrites();
    // Listeners run in the order in which they were added: ours sees each byte before the library.
    socket.on("data", (chunk: Buffer) => this.#onData(chunk));
    try {
      await this.#client.linkTCP(socket, { port: this.#target.port });
    } catch (error) {
      this.drop();
      throw unreachableFault(this.#place, reasonOf(error), error);
    }
  }

  get isOpen(): boolean {
    return !this.#socket.destroyed && this.#socket.readyState === "open";
  }

  /**
   * Sends one request and gives the bytes of its answer. Never called while another is pending.
   * After anything but an answer the connection is dropped: a later answer then has no way in.
   * (Transaction ids alone would not do: the library counts them to 256 and begins again.)
   */
  exchange(place: string, target: Target, ask: Ask): Promise<Uint8Array> {
    const { unitId, timeoutMs, wire } = target;
    return new Promise((resolve, reject) => {
      const finish = () => {
        timer.cancel();
        this.#pending = null;
        this.#check.expect(null);
      };
      const fail = (fault: Fault) => {
        finish();
        if (!(fault instanceof ModbusException)) this.drop();
        reject(fault);
      };
      const pending: Pending = { place, wire, fail };
      const timer = this.#timers.after(timeoutMs, () => fail(timeoutFault(place, timeoutMs)));
      this.#pending = pending;
      this.#check.expect(unitId);
      this.#client.setID(unitId);
      send(this.#client, ask).then(
        (bytes) => {
          // The library may still answer a request that has already failed here.
          if (this.#pending !== pending) return;
          const expected = bytesExpected(ask);
          if (expected !== null && bytes.length !== expected) {
            fail(wrongAnswer(place, `sent ${bytes.length} bytes of data instead of ${expected}`));
          } else {
            finish();
            resolve(bytes);
          }
        },
        (error: unknown) => {
          if (this.#pending === pending) fail(faultOf(place, error));
        },
      );
    });
  }

  drop(): void {
    this.#socket.destroy();
  }

  /** The library keeps its frames to itself; they are seen where they leave. */
  #watchWrites(): void {
    const socket = this.#socket;
    const write = socket.write.bind(socket) as (...given: unknown[]) => boolean;
    socket.write = (...given: unknown[]) => {
      if (given[0] instanceof Uint8Array) this.#pending?.wire.sent(given[0]);
      return write(...given);
    };
  }

  #onData(chunk: Buffer): void {
    this.#pending?.wire.received(chunk);
    const wrong = this.#check.feed(chunk);
    if (wrong === null) return;
    const pending = this.#pending;
    if (pending === null) this.drop();
    else pending.fail(wrongAnswer(pending.place, wrong));
  }
}

const NO_BYTES = new Uint8Array(0);

async function send(client: Client, ask: Ask): Promise<Uint8Array> {
  switch (ask.kind) {
    case "read":
      return (await read(client, ask.table, ask.address, ask.count)).buffer;
    case "write-coil":
      if (ask.asMultiple) await client.writeCoils(ask.address, [ask.on]);
      else await client.writeCoil(ask.address, ask.on);
      return NO_BYTES;
    case "write-registers":
      if (ask.asMultiple) await client.writeRegisters(ask.address, [...ask.words]);
      else await client.writeRegister(ask.address, ask.words[0]!);
      return NO_BYTES;
    case "identify":
      return await identify(client);
  }
}

/** As on a line without the library: each object's number, length and text. */
async function identify(client: Client): Promise<Uint8Array> {
  const { data } = await client.readDeviceIdentification(1, 0);
  return Uint8Array.from(
    data.flatMap((text, id) => [id, text.length, ...Buffer.from(text, "latin1")]),
  );
}

type ReadAsk = Extract<Ask, { kind: "read" }>;

function read(client: Client, table: ReadAsk["table"], address: number, count: number) {
  switch (table) {
    case "coil":
      return client.readCoils(address, count);
    case "discrete":
      return client.readDiscreteInputs(address, count);
    case "input":
      return client.readInputRegisters(address, count);
    case "holding":
      return client.readHoldingRegisters(address, count);
  }
}

/** Bytes of data in the answer; null where any number will do. */
function bytesExpected(ask: Ask): number | null {
  if (ask.kind === "identify") return null;
  return ask.kind === "read" ? dataBytes(ask) : 0;
}

/** The library tells its errors apart by a number, by a name and otherwise by their text alone. */
function faultOf(place: string, error: unknown): Fault {
  if (error instanceof Error && "modbusCode" in error && typeof error.modbusCode === "number") {
    return new ModbusException(place, error.modbusCode);
  }
  if (error instanceof Error && error.name === "PortNotOpenError") {
    return closedFault(place, "it was already closed");
  }
  return wrongAnswer(place, `sent what does not fit the request (${reasonOf(error)})`);
}

function timeoutFault(place: string, timeoutMs: number): Fault {
  return new Fault(
    "BUS_TIMEOUT",
    `${place} did not answer within ${timeoutMs} ms.`,
    "Is the unit id right? A gateway with slow devices behind it needs a longer timeout.",
  );
}

function wrongAnswer(place: string, what: string): Fault {
  return new Fault(
    "BUS_WRONG_ANSWER",
    `${place} ${what}.`,
    "Is this the right device, does the port speak Modbus TCP, and are unit ids unique?",
  );
}

function closedFault(place: string, why: string): Fault {
  return new Fault(
    "BUS_CLOSED",
    `${place} lost its connection: ${why}.`,
    "Some devices allow one connection only: is another client connected?",
  );
}
