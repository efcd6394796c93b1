// The line to a board, as firmata-io sees it: something that sends and receives bytes. It stands
// between the port and that package, so that whole messages alone get through, and so that the
// driver sees what the package keeps to itself: a reset of the board, an I2C sensor that did not
// answer, the state of a pin.

import { EventEmitter } from "node:events";
import { reasonOf } from "../../runtime/signal/fault.ts";
import type { Wire } from "../../runtime/signal/wire.ts";
import { MessageSplitter, REPORT_VERSION, SYSEX_END, SYSEX_START } from "./message-splitter.ts";

const I2C_REQUEST = 0x76;
const I2C_REPLY = 0x77;
const PIN_STATE_QUERY = 0x6d;
const PIN_STATE_REPLY = 0x6e;
const FIRMWARE = 0x79;
const TEXT = 0x71;
const REPORT_DIGITAL = 0xd0;
const SET_PIN = 0xf5;

/** Reading once and reading at each sampling interval, in the mode byte of a request. */
const I2C_READS = 0b0001_1000;
const I2C_READ_ONCE = 0b0000_1000;

const MISSING_BYTES = /^I2C: Too (few|many) bytes/;

/** Addresses with registers on one bus, more than anybody wires. */
const READS_MAX = 1_024;

export interface LineEvents {
  /** A version that nobody asked for: the board has begun anew. */
  version(): void;
  firmware(): void;
  pinState(pin: number, mode: number, state: number): void;
  /** A whole answer, after the package has dealt with it. */
  i2cReply(address: number, register: number, bytes: readonly number[]): void;
  /** An answer that is none: the sensor did not acknowledge. */
  i2cShort(address: number): void;
  /** What else the sketch has to say. */
  text(text: string): void;
  /** A message on which the package failed. */
  nonsense(what: string): void;
}

export class BoardLine extends EventEmitter {
  readonly #wire: Wire;
  readonly #events: LineEvents;
  readonly #splitter: MessageSplitter;
  /** How many bytes each register was asked for, by address and register. */
  readonly #readBytes = new Map<number, number>();
  #send: ((bytes: Uint8Array) => void) | null;
  /** The sketch has said in words that the answer which comes next is none. */
  #isReplyVoid = false;
  bytesReceived = 0;

  constructor(wire: Wire, events: LineEvents, send: (bytes: Uint8Array) => void) {
    super();
    this.#wire = wire;
    this.#events = events;
    this.#send = send;
    this.#splitter = new MessageSplitter((message) => this.#take(message));
  }

  /** Bytes that were no Firmata. */
  get noiseBytes(): number {
    return this.#splitter.noiseBytes;
  }

  /** From the port. */
  receive(bytes: Uint8Array): void {
    if (this.#send === null) return;
    this.bytesReceived += bytes.length;
    this.#splitter.push(bytes);
  }

  /** From firmata-io, a whole message each; after the end nothing goes out any more. */
  write(bytes: Uint8Array, sent?: () => void): void {
    if (this.#send !== null) {
      this.#noteRead(bytes);
      this.#wire.sent(bytes);
      this.#send(bytes);
    }
    sent?.();
  }

  askVersion(): void {
    this.write(Uint8Array.of(REPORT_VERSION));
  }

  askFirmware(): void {
    this.write(Uint8Array.of(SYSEX_START, FIRMWARE, SYSEX_END));
  }

  askPinState(pin: number): void {
    this.write(Uint8Array.of(SYSEX_START, PIN_STATE_QUERY, pin, SYSEX_END));
  }

  setPin(pin: number, level: number): void {
    this.write(Uint8Array.of(SET_PIN, pin, level));
  }

  /** Reporting is on already: asked for again, the board says at once how the port is. */
  askDigital(port: number): void {
    this.write(Uint8Array.of(REPORT_DIGITAL | port, 1));
  }

  /** Reads a sensor once, beside what firmata-io reads. */
  askI2c(address: number, register: number, count: number): void {
    const numbers = [register, count].flatMap((number) => [number & 0x7f, number >> 7]);
    const head = [SYSEX_START, I2C_REQUEST, address, I2C_READ_ONCE];
    this.write(Uint8Array.from([...head, ...numbers, SYSEX_END]));
  }

  /** Nothing passes any more in either direction. */
  end(): void {
    this.#send = null;
    this.removeAllListeners();
  }

  #take(message: Uint8Array): void {
    if (this.#send === null) return;
    this.#wire.received(message);
    const [first, kind] = message;
    if (first === SYSEX_START && kind === I2C_REPLY) this.#takeReply(message);
    else if (this.#pass(message)) this.#tell(message);
  }

  /** To firmata-io, which fails on messages that speak of pins it does not know. */
  #pass(message: Uint8Array): boolean {
    try {
      this.emit("data", message);
      return true;
    } catch (error) {
      this.#events.nonsense(reasonOf(error));
      return false;
    }
  }

  #tell(message: Uint8Array): void {
    const [first, kind] = message;
    if (first === REPORT_VERSION) this.#events.version();
    if (first !== SYSEX_START) return;
    if (kind === FIRMWARE) this.#events.firmware();
    else if (kind === TEXT) this.#takeText(message);
    else if (kind === PIN_STATE_REPLY) this.#tellPinState(message);
  }

  /** The state follows pin and mode, seven bits a byte, the least first. */
  #tellPinState(message: Uint8Array): void {
    const [, , pin, mode, ...rest] = message.subarray(0, -1);
    const state = rest.reduceRight((sum, bits) => sum * 128 + bits, 0);
    if (pin !== undefined && mode !== undefined) this.#events.pinState(pin, mode, state);
  }

  #takeReply(message: Uint8Array): void {
    const numbers = pairs(message.subarray(2, -1));
    const [address = 0, register = 0, ...bytes] = numbers;
    const isVoid = this.#isReplyVoid;
    this.#isReplyVoid = false;
    if (isVoid || this.#readBytes.get(keyOf(address, register)) !== bytes.length) {
      this.#events.i2cShort(address);
    } else if (this.#pass(message)) {
      this.#events.i2cReply(address, register, bytes);
    }
  }

  /**
   * From a sensor that is missing, StandardFirmata sends an answer of the right length whose bytes
   * are those of the last read, perhaps another sensor's, and says before it, in words, that there
   * were too few. johnny-five takes no notice of the words.
   */
  #takeText(message: Uint8Array): void {
    const text = textOf(message);
    if (MISSING_BYTES.test(text)) this.#isReplyVoid = true;
    else this.#events.text(text);
  }

  /** Remembers what a read asks for: address, mode, perhaps a register, and the count. */
  #noteRead(bytes: Uint8Array): void {
    if (bytes[0] !== SYSEX_START || bytes[1] !== I2C_REQUEST) return;
    if ((bytes[3]! & I2C_READS) === 0 || this.#readBytes.size >= READS_MAX) return;
    const numbers = pairs(bytes.subarray(4, -1));
    const [register, count] = numbers.length === 1 ? [0, numbers[0]] : numbers;
    this.#readBytes.set(keyOf(bytes[2]!, register ?? 0), count ?? 0);
  }
}

function keyOf(address: number, register: number): number {
  return address * 0x1_0000 + register;
}

/** Numbers of which each has two bytes of seven bits; half a one at the end is left out. */
function pairs(bytes: Uint8Array): number[] {
  const numbers: number[] = [];
  for (let at = 0; at + 1 < bytes.length; at += 2) numbers.push(bytes[at]! + bytes[at + 1]! * 128);
  return numbers;
}

function textOf(message: Uint8Array): string {
  return String.fromCharCode(...pairs(message.subarray(2, -1)));
}
