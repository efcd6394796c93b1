// For tests: a Firmata board in software at the far end of a pseudo-terminal. It knows what the
// tests need of the protocol (github.com/firmata/protocol), keeps pins, converts nothing, and can
// misbehave. It speaks the protocol itself: no part of the driver is in it.

import { hostTimers } from "../../firmware/host/timers.ts";
import type { Timer } from "../../runtime/signal/timers.ts";
import { PtyLine } from "../shared/pty-rig.ts";
import { closeSerialPort, openSerialPort, type SerialPort } from "../shared/serial-port.ts";

const PINS = 20;
const FIRST_ANALOG_PIN = 14;
const PWM_PINS = [3, 5, 6, 9, 10, 11];
const SDA_PIN = 18;

const MODE = { input: 0, output: 1, analog: 2, pwm: 3, servo: 4, i2c: 6, pullUp: 11 };

const two = (number: number) => [number & 0x7f, (number >> 7) & 0x7f];
const sysex = (...bytes: readonly number[]) => [0xf0, ...bytes, 0xf7];

interface I2cRead {
  readonly address: number;
  readonly register: number;
  readonly count: number;
}

export class FirmataPeer {
  /** For the driver under test. */
  readonly path: string;
  readonly #line: PtyLine;
  #port: SerialPort | null = null;
  #buffer: number[] = [];
  #timer: Timer | null = null;
  #reads: I2cRead[] = [];
  readonly #i2cBuffer = new Array<number>(64).fill(0);
  #analogOn = new Set<number>();
  #portsOn = new Set<number>();
  readonly modes = new Array<number>(PINS).fill(MODE.output);
  /** What was written to each pin. */
  readonly states = new Array<number>(PINS).fill(0);
  /** What is connected to the inputs. */
  readonly levels = new Array<number>(PINS).fill(0);
  readonly analog = new Array<number>(PINS - FIRST_ANALOG_PIN).fill(0);
  /** I2C: address, then register, then the bytes from there on. A deleted one does not answer. */
  readonly sensors = new Map<number, Map<number, readonly number[]>>();
  readonly i2cWrites: { readonly address: number; readonly bytes: readonly number[] }[] = [];
  /** How often a system reset came. */
  resets = 0;
  isSilent = false;
  /** Reports no inputs, as a sketch does that lost its setup; answers questions. */
  isMute = false;
  /** Some sketches cut the answer of a missing sensor; StandardFirmata fills it with old bytes. */
  isCutting = false;
  /** Pins that take nothing. */
  readonly stuckPins = new Set<number>();
  protocol = [2, 7];

  constructor(socat: string) {
    this.#line = new PtyLine(socat);
    this.path = this.#line.port;
  }

  async plug(): Promise<void> {
    await this.#line.plug();
    const settings = { port: this.#line.far, baudRate: 57_600, rtscts: false } as const;
    const full = { ...settings, dataBits: 8, parity: "none", stopBits: 1 } as const;
    const port = await openSerialPort(full, "The board in software", hostTimers);
    this.#port = port;
    port.on("data", (bytes: Uint8Array) => {
      for (const byte of bytes) this.#take(byte);
    });
  }

  async unplug(): Promise<void> {
    this.#timer?.cancel();
    if (this.#port) await closeSerialPort(this.#port, hostTimers);
    this.#port = null;
    await this.#line.unplug();
  }

  async dispose(): Promise<void> {
    await this.unplug();
    await this.#line.dispose();
  }

  /** As after its reset button: everything forgotten, then it says who it is. */
  restart(says = true): void {
    this.#forget();
    this.states.fill(0);
    if (!says) return;
    this.#sendVersion();
    this.#sendFirmware();
  }

  send(...bytes: readonly number[]): void {
    if (!this.isSilent) this.#port?.write(Uint8Array.from(bytes));
  }

  /** An input changes, and the board says so by itself. */
  setLevel(pin: number, level: number): void {
    this.levels[pin] = level;
    if (this.#portsOn.has(pin >> 3)) this.#sendPort(pin >> 3);
  }

  #forget(): void {
    this.modes.fill(MODE.output);
    this.#analogOn = new Set();
    this.#portsOn = new Set();
    this.#reads = [];
    this.#timer?.cancel();
    this.#every(19);
  }

  #every(samplingMs: number): void {
    this.#timer?.cancel();
    this.#timer = hostTimers.every(samplingMs, () => {
      if (this.isMute) return;
      for (const channel of this.#analogOn)
        this.send(0xe0 | channel, ...two(this.analog[channel]!));
      for (const read of this.#reads) this.#sendI2c(read);
    });
  }

  #take(byte: number): void {
    const first = this.#buffer[0];
    if (byte >= 0x80 && !(first === 0xf0 && byte === 0xf7)) this.#buffer = [];
    this.#buffer.push(byte);
    const [command = 0] = this.#buffer;
    const length = LENGTHS[command < 0xf0 ? command & 0xf0 : command];
    const isWhole = command === 0xf0 ? byte === 0xf7 : this.#buffer.length === length;
    if (!isWhole) return;
    const message = this.#buffer;
    this.#buffer = [];
    if (command === 0xf0) this.#sysex(message.slice(1, -1));
    else this.#short(command, message);
  }

  #short(command: number, [, first = 0, second = 0]: readonly number[]): void {
    const channel = command & 0x0f;
    if (command === 0xf9) this.#sendVersion();
    else if (command === 0xff) {
      this.resets += 1;
      this.#forget();
      this.states.fill(0);
    } else if (command === 0xf4) {
      this.modes[first] = second;
      this.states[first] = second === MODE.pullUp ? 1 : 0;
    } else if (command === 0xf5) this.#set(first, second);
    else if (command >= 0xe0) this.#set(channel, first + second * 128);
    else if (command >= 0xd0) {
      this.#portsOn.add(channel);
      if (!this.isMute) this.#sendPort(channel);
    } else if (command >= 0xc0) this.#analogOn.add(channel);
    else if (command >= 0x90) this.#setPort(channel, first + second * 128);
  }

  #sysex([kind = 0, ...rest]: readonly number[]): void {
    const [first = 0] = rest;
    if (kind === 0x79) this.#sendFirmware();
    else if (kind === 0x6b) this.send(...sysex(0x6c, ...capabilities()));
    else if (kind === 0x69) this.send(...sysex(0x6a, ...analogMap()));
    else if (kind === 0x6d) {
      this.send(...sysex(0x6e, first, this.modes[first]!, ...two(this.states[first]!)));
    } else if (kind === 0x7a) this.#every(first + (rest[1] ?? 0) * 128);
    else if (kind === 0x70) this.modes[first] = MODE.servo;
    else if (kind === 0x76) this.#i2c(first, rest[1] ?? 0, numbersOf(rest.slice(2)));
  }

  #i2c(address: number, mode: number, numbers: readonly number[]): void {
    const way = (mode >> 3) & 0b11;
    if (way === 0) {
      this.i2cWrites.push({ address, bytes: numbers });
      return;
    }
    const [register, count] = numbers.length === 1 ? [0, numbers[0]] : numbers;
    const read = { address, register: register ?? 0, count: count ?? 0 };
    if (way === 2) this.#reads.push(read);
    else this.#sendI2c(read);
  }

  /** Of a sensor that is not there the sketch says so in words, and sends what it had before. */
  #sendI2c({ address, register, count }: I2cRead): void {
    const bytes = this.sensors.get(address)?.get(register)?.slice(0, count) ?? [];
    for (const [at, byte] of bytes.entries()) this.#i2cBuffer[at] = byte;
    const words = [..."I2C: Too few bytes received"].flatMap((each) => two(each.charCodeAt(0)));
    if (bytes.length < count) this.send(...sysex(0x71, ...words));
    const sent = this.#i2cBuffer.slice(0, this.isCutting ? bytes.length : count);
    this.send(...sysex(0x77, ...[address, register, ...sent].flatMap(two)));
  }

  /** All eight pins of a port; of an input that is written high, the pull-up goes on. */
  #setPort(port: number, bits: number): void {
    for (let bit = 0; bit < 8; bit++) {
      const pin = port * 8 + bit;
      const mode = this.modes[pin];
      const level = (bits >> bit) & 1;
      if (mode === MODE.output) this.#set(pin, level);
      else if (mode === MODE.input) this.states[pin] = level;
    }
  }

  #set(pin: number, value: number): void {
    const isOutput = [MODE.output, MODE.pwm, MODE.servo].includes(this.modes[pin]!);
    if (isOutput && !this.stuckPins.has(pin)) this.states[pin] = value;
  }

  #sendVersion(): void {
    this.send(0xf9, ...this.protocol);
  }

  #sendFirmware(): void {
    const name = [..."StandardFirmata.ino"].flatMap((each) => two(each.charCodeAt(0)));
    this.send(...sysex(0x79, 2, 5, ...name));
  }

  #sendPort(port: number): void {
    const isInput = (pin: number) => [MODE.input, MODE.pullUp].includes(this.modes[pin]!);
    let bits = 0;
    for (let bit = 0; bit < 8; bit++) {
      const pin = port * 8 + bit;
      if (isInput(pin) && this.levels[pin]) bits |= 1 << bit;
    }
    this.send(0x90 | port, ...two(bits));
  }
}

/** Bytes of the short messages that a board understands. */
const LENGTHS: Readonly<Record<number, number>> = {
  144: 3,
  192: 2,
  208: 2,
  224: 3,
  244: 3,
  245: 3,
  249: 1,
  255: 1,
};

/** Mode and resolution of each pin, pin after pin, as on an Uno. */
function capabilities(): readonly number[] {
  return Array.from({ length: PINS }, (_, pin) => {
    const digital = [MODE.input, 1, MODE.pullUp, 1, MODE.output, 1, MODE.servo, 14];
    const pwm = PWM_PINS.includes(pin) ? [MODE.pwm, 8] : [];
    const analog = pin >= FIRST_ANALOG_PIN ? [MODE.analog, 10] : [];
    const i2c = pin >= SDA_PIN ? [MODE.i2c, 1] : [];
    // The serial port's own pins do nothing else.
    return pin < 2 ? [0x7f] : [...digital, ...pwm, ...analog, ...i2c, 0x7f];
  }).flat();
}

function analogMap(): readonly number[] {
  return Array.from({ length: PINS }, (_, pin) =>
    pin < FIRST_ANALOG_PIN ? 0x7f : pin - FIRST_ANALOG_PIN,
  );
}

function numbersOf(bytes: readonly number[]): number[] {
  const numbers: number[] = [];
  for (let at = 0; at + 1 < bytes.length; at += 2) numbers.push(bytes[at]! + bytes[at + 1]! * 128);
  return numbers;
}
