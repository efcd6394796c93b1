// What is connected to a board: sets its pins up, and turns reports into samples.

import type { Fault } from "../../runtime/signal/fault.ts";
import type { Clock, Mono } from "../../runtime/signal/instant.ts";
import type { Reason } from "../../runtime/signal/quality.ts";
import type { Sink } from "../driver.ts";
import { noAcknowledge, noAnswer, noMeasurement } from "./board-faults.ts";
import type { BoardLine } from "./board-line.ts";
import type { Five, FiveBoard } from "./libraries.ts";
import { assertFits, MODE } from "./pin-modes.ts";
import { SENSORS } from "./sensor-table.ts";
import type { PointSettings } from "./settings.ts";

export interface Output {
  readonly point: number;
  readonly pin: number;
  readonly mode: number;
  readonly safe: number;
  /** What a value that cannot be written breaks; null for one that can. */
  refusal(raw: number): string | null;
  /** Sends the value; the pin's state as it must be afterwards. */
  set(raw: number): number;
}

/** A pin in the mode that it was given, to be compared with what the board says. */
export interface PinExpected {
  readonly pin: number;
  readonly mode: number;
}

interface ConnectedSensor {
  readonly controller: string;
  readonly address: number;
  /** What johnny-five made of the latest answer. */
  readonly take: () => Readonly<Record<string, number>> | null;
  readonly points: { readonly point: number; readonly quantity: string }[];
}

export interface BoardPointsParts {
  readonly five: Five;
  readonly board: FiveBoard;
  readonly line: BoardLine;
  readonly points: readonly { readonly name: string; readonly settings: PointSettings }[];
  readonly sink: Sink;
  readonly clock: Clock;
  readonly place: string;
}

export class BoardPoints {
  readonly #parts: BoardPointsParts;
  readonly outputs: Output[] = [];
  readonly pins: PinExpected[] = [];
  readonly #sensors: ConnectedSensor[] = [];
  /** When each source of reports was last heard: `analog 0`, `port 1`, `i2c 24`. */
  readonly #heardAt = new Map<string, Mono>();
  /** What each output was last told, as the machine file counts it. */
  readonly #written = new Map<number, number>();
  /** I2C addresses that did not answer since. */
  readonly #missing = new Set<number>();

  constructor(parts: BoardPointsParts) {
    this.#parts = parts;
  }

  /** The ports of eight pins with a digital input among them. */
  get ports(): readonly number[] {
    return [...this.#heardAt.keys()]
      .filter((key) => key.startsWith("port "))
      .map((key) => Number(key.slice(5)));
  }

  /** Sets every pin up, outputs to their safe state. Throws SETTING_INVALID before any is. */
  setUp(): void {
    const { board, place, points } = this.#parts;
    for (const { name, settings } of points) assertFits(name, settings, board.io, place);
    for (const [index, { settings }] of points.entries()) this.#setUp(index, settings);
    for (const output of this.outputs) output.set(output.safe);
  }

  /** The first source of reports that has been silent for too long; null while all are heard. */
  silent(now: Mono, silentMs: number): string | null {
    for (const [key, at] of this.#heardAt) {
      if (!key.startsWith("i2c ") && now - at > silentMs) return key;
    }
    return null;
  }

  /** An output that has said that it is as it was set has that value now. */
  confirmed(pin: number): void {
    const output = this.outputs.find((each) => each.pin === pin);
    const raw = this.#written.get(pin);
    if (!output || raw === undefined) return;
    this.#parts.sink.sample(output.point, raw, this.#parts.clock.mono());
  }

  /** Sensors that are silent have no value, while the board and the others go on. */
  flagSilentSensors(now: Mono, silentMs: number): void {
    for (const sensor of this.#sensors) {
      const isLate = now - this.#heardAt.get(`i2c ${sensor.address}`)! > silentMs;
      if (!isLate || this.#missing.has(sensor.address)) continue;
      this.#flag(sensor, "timeout", noAnswer(this.#parts.place, sensor));
      this.#missing.add(sensor.address);
    }
  }

  /** Asks each sensor that is away whether it is back: its answer is an `i2cReply`. */
  askMissing(): void {
    for (const { address, controller } of this.#sensors) {
      if (!this.#missing.has(address)) continue;
      const { register, bytes } = SENSORS[controller]!;
      this.#parts.line.askI2c(address, register, bytes);
    }
  }

  i2cShort(address: number): void {
    this.#missing.add(address);
    for (const sensor of this.#sensors.filter((each) => each.address === address)) {
      this.#flag(sensor, "not-connected", noAcknowledge(this.#parts.place, sensor));
    }
  }

  /**
   * A measurement of a sensor. False when it comes from one that had been away: it may have lost
   * its supply and what it was told at the start, which johnny-five does not tell it again.
   */
  i2cReply(address: number, register: number, bytes: readonly number[]): boolean {
    for (const sensor of this.#sensors) {
      if (sensor.address !== address) continue;
      if (SENSORS[sensor.controller]!.register !== register) continue;
      if (this.#missing.has(address)) return false;
      this.#deliver(sensor, bytes, this.#hears(`i2c ${address}`));
    }
    return true;
  }

  #deliver(sensor: ConnectedSensor, bytes: readonly number[], at: Mono): void {
    const { isUnmeasured } = SENSORS[sensor.controller]!;
    const values = sensor.take();
    const isDead = isUnmeasured(bytes) || bytes.every((byte) => byte === 0xff);
    const fault = isDead ? noMeasurement(this.#parts.place, sensor) : null;
    for (const { point, quantity } of sensor.points) {
      const value = values?.[quantity];
      if (fault) this.#parts.sink.bad(point, "sensor-fault", at, fault);
      else if (value !== undefined) this.#parts.sink.sample(point, value, at);
    }
  }

  #flag(sensor: ConnectedSensor, reason: Reason, fault: Fault): void {
    const at = this.#parts.clock.mono();
    for (const { point } of sensor.points) this.#parts.sink.bad(point, reason, at, fault);
  }

  #setUp(point: number, settings: PointSettings): void {
    const { analog, digital, relay, pwm, servo, sensor } = settings;
    if (analog !== undefined) this.#setUpAnalog(point, analog);
    if (digital) this.#setUpDigital(point, digital.pin, digital.pullUp);
    if (relay) this.#setUpRelay(point, relay);
    if (pwm) this.#setUpPwm(point, pwm);
    if (servo) this.#setUpServo(point, servo);
    if (sensor) this.#setUpSensor(point, sensor);
  }

  #setUpAnalog(point: number, channel: number): void {
    const { io } = this.#parts.board;
    const countsMax = io.RESOLUTION.ADC ?? Number.POSITIVE_INFINITY;
    this.#hears(`analog ${channel}`);
    io.pinMode(channel, MODE.analog);
    io.analogRead(channel, (counts) => {
      const at = this.#hears(`analog ${channel}`);
      if (counts <= countsMax) this.#parts.sink.sample(point, counts, at);
      else this.#parts.sink.bad(point, "out-of-range", at);
    });
  }

  #setUpDigital(point: number, pin: number, pullUp: boolean): void {
    const { io } = this.#parts.board;
    const mode = pullUp ? MODE.pullUp : MODE.input;
    const port = `port ${pin >> 3}`;
    this.#hears(port);
    this.pins.push({ pin, mode });
    io.pinMode(pin, mode);
    io.digitalRead(pin, (level) => this.#parts.sink.sample(point, level, this.#hears(port)));
  }

  #setUpRelay(point: number, settings: NonNullable<PointSettings["relay"]>): void {
    const { five, board } = this.#parts;
    const { pin, normallyClosed, safe } = settings;
    board.io.pinMode(pin, MODE.output);
    const relay = new five.Relay({ board, pin, type: normallyClosed ? "NC" : "NO" });
    this.#adds({
      point,
      pin,
      mode: MODE.output,
      safe,
      refusal: (raw) => (raw === 0 || raw === 1 ? null : "a relay takes 0 (open) or 1 (closed)"),
      set: (raw) => {
        if (raw === 1) relay.close();
        else relay.open();
        return board.io.pins[pin]!.value;
      },
    });
  }

  #setUpPwm(point: number, { pin, safe }: NonNullable<PointSettings["pwm"]>): void {
    const { io } = this.#parts.board;
    const stepsMax = io.RESOLUTION.PWM ?? 255;
    io.pinMode(pin, MODE.pwm);
    this.#adds({
      point,
      pin,
      mode: MODE.pwm,
      safe,
      refusal: (raw) =>
        Number.isInteger(raw) && raw >= 0 && raw <= stepsMax
          ? null
          : `it takes whole numbers from 0 to ${stepsMax}`,
      set: (raw) => {
        io.pwmWrite(pin, raw);
        return raw;
      },
    });
  }

  #setUpServo(point: number, settings: NonNullable<PointSettings["servo"]>): void {
    const { five, board } = this.#parts;
    const { pin, safe, pulse } = settings;
    const servo = new five.Servo({ board, pin, pwmRange: pulse });
    this.#adds({
      point,
      pin,
      mode: MODE.servo,
      safe,
      refusal: (raw) => (raw >= 0 && raw <= 180 ? null : "a servo takes 0 to 180 degrees"),
      set: (raw) => {
        servo.to(raw);
        return board.io.pins[pin]!.value;
      },
    });
  }

  #setUpSensor(point: number, settings: NonNullable<PointSettings["sensor"]>): void {
    const { five, board } = this.#parts;
    const { controller, quantity } = settings;
    const { address: usual, open } = SENSORS[controller]!;
    const address = settings.address ?? usual;
    const known = this.#sensors.find(
      (each) => each.address === address && each.controller === controller,
    );
    if (known) {
      known.points.push({ point, quantity });
      return;
    }
    this.#hears(`i2c ${address}`);
    const take = open(five, board, address);
    this.#sensors.push({ controller, address, take, points: [{ point, quantity }] });
  }

  #adds(output: Output): void {
    const set = (raw: number) => {
      this.#written.set(output.pin, raw);
      return output.set(raw);
    };
    this.outputs.push({ ...output, set });
    this.pins.push({ pin: output.pin, mode: output.mode });
  }

  #hears(key: string): Mono {
    const at = this.#parts.clock.mono();
    this.#heardAt.set(key, at);
    return at;
  }
}
