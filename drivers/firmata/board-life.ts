// One life of a board: from opening the port to its loss. johnny-five cannot reconnect a board, so
// that each life has objects of its own, and what ends a life leaves them behind.

import { Fault, reasonOf } from "../../runtime/signal/fault.ts";
import type { Clock } from "../../runtime/signal/instant.ts";
import type { Log } from "../../runtime/signal/log.ts";
import type { Timer, Timers } from "../../runtime/signal/timers.ts";
import type { DeviceContext } from "../driver.ts";
import { closeSerialPort, type SerialPort } from "../shared/serial-port.ts";
import { nonsense, notRunning, sensorBack, silent, unplugged, wasReset } from "./board-faults.ts";
import { BoardLine } from "./board-line.ts";
import { BoardPoints } from "./board-points.ts";
import { handshake, unlessAborted } from "./handshake.ts";
import { type FiveBoard, forgetBoard, type Libraries, loadLibraries } from "./libraries.ts";
import { PinStates } from "./pin-states.ts";
import { openBoardPort } from "./port.ts";
import type { BusSettings, DeviceSettings, PointSettings } from "./settings.ts";

/** One lost answer is noise; two in a row are a silent board. */
const MISSED_CHECKS_MAX = 2;

/**
 * Reports of inputs may be late by this many sampling intervals before the board counts as lost.
 */
const LATE_REPORTS_MAX = 5;

/** More between two checks than any board has to say at its rate: it floods. */
const FLOOD_BYTES_PER_S = 1_000_000;

/** Within the 2 s that a bus has for closing, the port included. */
const SAFE_WAIT_MS = 500;

export interface LifeParts {
  readonly place: string;
  readonly bus: BusSettings;
  readonly device: DeviceContext<DeviceSettings, PointSettings>;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly log: Log;
  /** Once, when johnny-five has made a board, which it keeps. */
  readonly onBoard: () => void;
  /** Once, when a board that was running is so no more. */
  readonly onLost: (fault: Fault) => void;
}

export class BoardLife {
  readonly #parts: LifeParts;
  readonly #line: BoardLine;
  readonly #states: PinStates;
  #libraries: Libraries | null = null;
  #port: SerialPort | null = null;
  #board: FiveBoard | null = null;
  #points: BoardPoints | null = null;
  #beat: Timer | null = null;
  #isRunning = false;
  #ended: Fault | null = null;
  /** Ends the handshake when the life ends under it. */
  readonly #end = new AbortController();
  #missedChecks = 0;
  #bytesAtCheck = 0;

  constructor(parts: LifeParts) {
    this.#parts = parts;
    this.#line = new BoardLine(
      parts.device.wire,
      {
        version: () => this.#heardVersion(),
        firmware: () => {
          this.#missedChecks = 0;
        },
        pinState: (pin, mode, state) => this.#states.heard(pin, mode, state),
        i2cReply: (address, register, bytes) => {
          if (this.#points?.i2cReply(address, register, bytes) === false)
            this.#lose(sensorBack(this.#parts.place));
        },
        i2cShort: (address) => this.#points?.i2cShort(address),
        text: (text) => parts.log.debug("the board says", { text }),
        nonsense: (what) => this.#lose(nonsense(this.#parts.place, what)),
      },
      (bytes) => void this.#port?.write(bytes),
    );
    this.#states = new PinStates(parts.place, this.#line, parts.timers, {
      confirmed: (pin) => this.#points?.confirmed(pin),
      changed: (fault) => this.#lose(fault),
    });
  }

  /** Resolves when the board is set up and its outputs are in their safe state. */
  async begin(): Promise<void> {
    try {
      await unlessAborted(this.#setUp(), this.#end.signal);
    } catch (error) {
      const fault = error instanceof Fault ? error : nonsense(this.#parts.place, reasonOf(error));
      this.#ended ??= fault;
      await this.#leave();
      throw fault;
    }
  }

  async write(point: number, raw: number): Promise<void> {
    const { place, device } = this.#parts;
    if (!this.#isRunning) throw notRunning(this.#parts.place);
    const output = this.#points?.outputs.find((each) => each.point === point);
    const name = device.points[point]?.name ?? "this point";
    if (!output) {
      throw new Fault(
        "WRITE_REFUSED",
        `${name}: ${place} has no output there.`,
        "A relay, pwm or servo can be written.",
      );
    }
    const refusal = output.refusal(raw);
    if (refusal !== null) {
      throw new Fault(
        "WRITE_REFUSED",
        `${name}: ${raw} cannot be written; ${refusal}.`,
        "Correct it.",
      );
    }
    await this.#states.confirm(output, () => output.set(raw), this.#patienceMs);
  }

  /** Outputs first, as far as the board still listens; then the port. Never rejects. */
  async close(): Promise<void> {
    const wasRunning = this.#isRunning;
    this.#isRunning = false;
    this.#beat?.cancel();
    if (wasRunning) await this.#makeSafe();
    this.#ended ??= notRunning(this.#parts.place);
    this.#end.abort(this.#ended);
    await this.#leave();
  }

  async #setUp(): Promise<void> {
    const { bus, place, timers, device, clock } = this.#parts;
    const port = await openBoardPort(bus, place, timers);
    if (this.#ended) {
      await closeSerialPort(port, timers);
      throw this.#ended;
    }
    this.#port = port;
    port.on("data", (bytes: Uint8Array) => this.#line.receive(bytes));
    port.once("close", () => this.#lose(unplugged(place)));
    this.#libraries = await loadLibraries();
    const { five } = this.#libraries;
    const { startTimeout, sampling } = device.settings;
    this.#board = await handshake(this.#libraries, {
      line: this.#line,
      place,
      timers,
      timeoutMs: startTimeout,
      signal: this.#end.signal,
    });
    this.#parts.onBoard();
    const { io } = this.#board;
    // What an earlier life left behind, such as reports of pins that nobody asks for any more.
    io.reset();
    io.setSamplingInterval(sampling);
    const { points, sink } = device;
    const line = this.#line;
    const board = this.#board;
    this.#points = new BoardPoints({ five, board, line, points, sink, clock, place });
    this.#points.setUp();
    await this.#assertSetUp(this.#points);
    if (this.#ended) throw this.#ended;
    this.#isRunning = true;
    this.#missedChecks = 0;
    this.#bytesAtCheck = line.bytesReceived;
    this.#beat = timers.every(device.settings.check, () => this.#check());
  }

  /**
   * Each pin says that it is as it was set. The answers come in order: whatever was asked before,
   * a version among it, has come when they have, and any version after that tells of a reset.
   */
  async #assertSetUp(points: BoardPoints): Promise<void> {
    for (const { pin, mode } of points.pins) {
      const output = points.outputs.find((each) => each.pin === pin);
      const set = () => output?.set(output.safe) ?? null;
      await this.#states.confirm({ pin, mode }, set, this.#patienceMs);
    }
    await this.#states.fence(this.#patienceMs);
  }

  #heardVersion(): void {
    if (!this.#isRunning) return;
    this.#lose(wasReset(this.#parts.place, "it began anew by itself"));
  }

  #check(): void {
    const points = this.#points;
    if (!this.#isRunning || points === null) return;
    const { clock, device } = this.#parts;
    const { check, sampling } = device.settings;
    const now = clock.mono();
    const bytes = this.#line.bytesReceived - this.#bytesAtCheck;
    this.#bytesAtCheck = this.#line.bytesReceived;
    const silentMs = (MISSED_CHECKS_MAX + 1) * check + LATE_REPORTS_MAX * sampling;
    const trouble = this.#trouble(bytes, points.silent(now, silentMs));
    if (trouble !== null) {
      this.#lose(trouble);
      return;
    }
    points.flagSilentSensors(now, silentMs);
    points.askMissing();
    this.#missedChecks += 1;
    this.#line.askFirmware();
    for (const port of points.ports) this.#line.askDigital(port);
    // A reset that nobody heard of shows in a pin's mode or state.
    for (const { pin } of points.pins) this.#line.askPinState(pin);
  }

  /** What makes an end of this board; null while it is well. */
  #trouble(bytes: number, source: string | null): Fault | null {
    const { place, device } = this.#parts;
    const { check } = device.settings;
    if (this.#missedChecks >= MISSED_CHECKS_MAX) return silent(place, "does not answer");
    if (source !== null) return silent(place, `reports nothing of ${source}`);
    if ((bytes * 1_000) / check <= FLOOD_BYTES_PER_S) return null;
    return nonsense(place, `it sent ${bytes} bytes within ${check} ms`);
  }

  /** A board that answers at all does so in milliseconds. */
  get #patienceMs(): number {
    return MISSED_CHECKS_MAX * this.#parts.device.settings.check;
  }

  async #makeSafe(): Promise<void> {
    const outputs = this.#points?.outputs ?? [];
    // A write under way has lost its turn: it must not keep its output from being made safe.
    this.#states.end();
    const all = Promise.allSettled(
      outputs.map((output) =>
        this.#states.confirm(output, () => output.set(output.safe), SAFE_WAIT_MS),
      ),
    );
    for (const end of await all) {
      if (end.status === "rejected") {
        this.#parts.log.warn("an output may not be in its safe state", { error: end.reason });
      }
    }
  }

  #lose(fault: Fault): void {
    if (this.#ended) return;
    this.#ended = fault;
    const wasRunning = this.#isRunning;
    this.#isRunning = false;
    this.#end.abort(fault);
    if (!wasRunning) return;
    // The port is let go before anybody may try again: a second opening would find it locked.
    void this.#leave().then(() => this.#parts.onLost(fault));
  }

  async #leave(): Promise<void> {
    const { timers, log } = this.#parts;
    this.#beat?.cancel();
    this.#states.end();
    this.#line.end();
    if (this.#board && this.#libraries) forgetBoard(this.#libraries.five, this.#board);
    const port = this.#port;
    this.#port = null;
    if (port === null) return;
    port.removeAllListeners("data");
    if (!(await closeSerialPort(port, timers))) log.warn("the port did not close in time");
  }
}
