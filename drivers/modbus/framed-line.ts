// A bus without transaction ids: RTU or ASCII over a serial port, or over a socket with a serial
// port behind it. What protects it from the answer of another request is strictness about each
// frame (answer.ts) and silence after each error (lateness.ts).

import { Fault } from "../../runtime/signal/fault.ts";
import type { Clock, Mono } from "../../runtime/signal/instant.ts";
import type { Log } from "../../runtime/signal/log.ts";
import { sleep, type Timers } from "../../runtime/signal/timers.ts";
import type { BytePort, OpenPort } from "./byte-port.ts";
import { Exchange, type Outcome } from "./exchange.ts";
import { Fences, type Read } from "./fences.ts";
import { failureOf, lateFault, lostFault } from "./framed-faults.ts";
import type { Framing } from "./framing.ts";
import { Lateness } from "./lateness.ts";
import { type Ask, BROADCAST_UNIT, ModbusException, type ModbusLine, type Target } from "./line.ts";
import { answerBytesUsual, requestPdu } from "./pdu.ts";
import { type Job, RequestQueue } from "./request-queue.ts";
import { undelayedLook } from "./undelayed.ts";
import { UnitHistory } from "./unit-history.ts";

/** What devices need to carry out a broadcast: Modbus over Serial Line V1.02, clause 2.4.1. */
const BROADCAST_MS = 100;

/** A line on which others talk for longer than this is not free for a request. */
const TALKING_MAX_MS = 2_000;

/** More bytes than any device sends in vain: the port is closed, so that they cost nothing. */
const FLOOD_BYTES_MAX = 65_536;

/** Kept of what comes unasked: a frame and what may follow it. */
const STRAY_BYTES_MAX = 600;

/** After so many requests without a single byte a connection may be one that is no more. */
const MUTE_REQUESTS_MAX = 5;

export interface FramedLineParts {
  /** Begins each message: `Bus plant (/dev/ttyUSB0)`. */
  readonly place: string;
  readonly framing: Framing;
  readonly open: OpenPort;
  /** A connection that says nothing may be dead; a serial port is not made better by opening it. */
  readonly reopensWhenMute: boolean;
  readonly latenessMaxMs: number;
  /** Time of one character on the line; 0 where nobody knows. */
  readonly characterMs: number;
  /** Silence before a request. */
  readonly gapMs: number;
  /** The adapter hears what it sends. */
  readonly echo: boolean;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly log: Log;
}

export class FramedLine implements ModbusLine {
  connections = 0;
  readonly hasBroadcast = true;
  readonly #parts: FramedLineParts;
  readonly #queue: RequestQueue;
  readonly #lateness: Lateness;
  readonly #history = new UnitHistory();
  readonly #fences = new Fences();
  readonly #closing = new AbortController();
  readonly #stray = new Uint8Array(STRAY_BYTES_MAX);
  #strayLength = 0;
  /** Answers that came when nobody waited for them any more, since the start. */
  #lateAnswers = 0;
  /** Bytes that belonged to no request, since the start. */
  #strayBytes = 0;
  #bytesInVain = 0;
  #muteRequests = 0;
  /** False after an error, until the line was looked at by a program that was not held up. */
  #isSettled = true;
  /** Aborted when the answer that was owed has come: silence is over then. */
  #settled = new AbortController();
  #port: BytePort | null = null;
  #exchange: Exchange | null = null;
  #lastByteAt: Mono = Number.NEGATIVE_INFINITY;

  constructor(parts: FramedLineParts) {
    this.#parts = parts;
    this.#lateness = new Lateness(parts.framing, parts.latenessMaxMs);
    this.#queue = new RequestQueue({
      ...parts,
      serve: (job) => this.#serve(job),
      recover: (fault) => this.#recover(fault),
    });
  }

  request(target: Target, ask: Ask): Promise<Uint8Array> {
    return this.#queue.request(target, ask);
  }

  isSilent(unitId: number): boolean {
    return this.#queue.isSilent(unitId);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#queue.close();
    this.#exchange?.closed("the bus is being closed");
    const port = this.#port;
    this.#port = null;
    await port?.close();
  }

  async #serve(job: Job): Promise<Uint8Array> {
    const { target, ask } = job;
    const fence = this.#fences.before(target.unitId, ask, this.#parts.clock.mono());
    if (fence !== null) await this.#pass(target, fence);
    return await this.#answerTo(job);
  }

  /** A refusal is an answer too. */
  async #pass(target: Target, fence: Read): Promise<void> {
    let isRefusal = false;
    try {
      await this.#answerTo({ target, ask: fence });
    } catch (error) {
      isRefusal = error instanceof ModbusException;
      if (!isRefusal) {
        this.#fences.missed(target.unitId, fence);
        throw error;
      }
    }
    this.#fences.passed(target.unitId, fence, isRefusal);
  }

  async #answerTo(job: Job): Promise<Uint8Array> {
    const port = await this.#quietPort();
    const { unitId, wire } = job.target;
    const frame = this.#parts.framing.encode(unitId, requestPdu(job.ask));
    wire.sent(frame);
    if (unitId === BROADCAST_UNIT) return await this.#broadcast(port, frame);
    const outcome = await this.#ask(port, job, frame);
    return this.#concluded(job, frame, outcome);
  }

  /** The open port, once nothing is to be expected of the line any more. */
  async #quietPort(): Promise<BytePort> {
    const { clock, timers, place } = this.#parts;
    const givenUpAt = clock.mono() + TALKING_MAX_MS;
    for (;;) {
      const port = this.#port?.isOpen ? this.#port : await this.#open();
      const now = clock.mono();
      const freeAt = this.#freeAt();
      if (freeAt <= now && this.#isSettled) {
        this.#forgetStray();
        return port;
      }
      if (freeAt <= now) {
        await undelayedLook(clock, timers, this.#closing.signal);
        this.#isSettled = true;
        if (this.#closing.signal.aborted) throw this.#closedFault("it is being closed");
        continue;
      }
      if (now > Math.max(givenUpAt, this.#lateness.quietUntil + TALKING_MAX_MS)) {
        throw new Fault(
          "BUS_WRONG_ANSWER",
          `${place} never falls silent: something on it talks without being asked.`,
          "Is there a second master on the line, or is the baud rate another?",
        );
      }
      await sleep(timers, freeAt - now, this.#closing.signal);
      if (this.#closing.signal.aborted) throw this.#closedFault("it is being closed");
    }
  }

  #freeAt(): Mono {
    return Math.max(this.#lateness.quietUntil, this.#lastByteAt + this.#parts.gapMs);
  }

  async #open(): Promise<BytePort> {
    const { open, log, place, clock } = this.#parts;
    const port = await open({
      onBytes: (bytes) => this.#take(bytes),
      onClose: (why) => {
        if (this.#port === port) this.#port = null;
        this.#exchange?.closed(why);
      },
    });
    if (this.#closing.signal.aborted) {
      await port.close();
      throw this.#closedFault("it is being closed");
    }
    this.#port = port;
    this.connections += 1;
    this.#bytesInVain = 0;
    // What a port has kept from before it was opened comes at once.
    this.#lastByteAt = clock.mono();
    log.debug("opened", { bus: place });
    return port;
  }

  async #broadcast(port: BytePort, frame: Uint8Array): Promise<Uint8Array> {
    const { timers, characterMs, gapMs } = this.#parts;
    port.write(frame);
    const waitMs = Math.ceil(frame.length * characterMs) + Math.max(BROADCAST_MS, gapMs);
    await sleep(timers, waitMs, this.#closing.signal);
    return new Uint8Array(0);
  }

  #ask(port: BytePort, { target, ask }: Job, frame: Uint8Array): Promise<Outcome> {
    const { framing, timers, clock, echo, characterMs } = this.#parts;
    const answer = framing.frameBytes(answerBytesUsual(ask));
    // The setting is for the device; what the characters need at this rate comes on top.
    const onWireMs = Math.ceil((frame.length + answer) * characterMs);
    return new Promise((resolve) => {
      const exchange = new Exchange({
        framing,
        asked: { unitId: target.unitId, ask, frame },
        deadlineAt: clock.mono() + target.timeoutMs + onWireMs,
        echo,
        clock,
        timers,
        done: (outcome) => {
          this.#exchange = null;
          resolve(outcome);
        },
      });
      this.#exchange = exchange;
      port.write(frame);
    });
  }

  #concluded({ target, ask }: Job, frame: Uint8Array, outcome: Outcome): Uint8Array {
    const { received, verdict, deadlineAt } = outcome;
    const { unitId, wire } = target;
    if (received.length > 0) wire.received(received);
    this.#muteRequests = received.length > 0 ? 0 : this.#muteRequests + 1;
    if (verdict.kind === "data" || verdict.kind === "exception") {
      this.#history.answered(unitId);
      this.#bytesInVain = 0;
      if (verdict.kind === "data") return verdict.bytes;
      throw new ModbusException(this.#unit(unitId), verdict.code);
    }
    const isGarbled = received.length > 0 && verdict.kind !== "closed";
    if (verdict.kind !== "closed") this.#history.failed(unitId, isGarbled);
    const late = this.#notice(received);
    this.#isSettled = false;
    // What came damaged was most likely the answer: it is not waited for. Should it have been
    // another one, the answer still comes, and a fence is what it meets.
    if (verdict.kind !== "damaged") this.#lateness.owe({ unitId, ask, frame }, deadlineAt);
    this.#fences.owe(unitId, ask, this.#parts.clock.mono());
    if (late !== null) throw lateFault(this.#unit(unitId), late);
    if (verdict.kind === "closed") throw this.#closedFault(verdict.why);
    throw failureOf(this.#unit(unitId), target, verdict, received.length, this.#history);
  }

  /** After an error: nothing is sent until nothing can come. What it costs is the unit's. */
  async #recover(fault: unknown): Promise<void> {
    // Whether the port can be opened again is asked first; the silence is kept before the request.
    if (fault instanceof Fault && fault.code === "BUS_CLOSED") return;
    const { clock, timers, reopensWhenMute } = this.#parts;
    if (reopensWhenMute && this.#muteRequests >= MUTE_REQUESTS_MAX) {
      this.#muteRequests = 0;
      await this.#port?.close();
    }
    for (;;) {
      const waitMs = this.#lateness.quietUntil - clock.mono();
      if (waitMs <= 0 || this.#closing.signal.aborted) return;
      this.#settled = new AbortController();
      await sleep(timers, waitMs, AbortSignal.any([this.#settled.signal, this.#closing.signal]));
    }
  }

  #take(bytes: Uint8Array): void {
    this.#lastByteAt = this.#parts.clock.mono();
    this.#bytesInVain += bytes.length;
    if (this.#bytesInVain > FLOOD_BYTES_MAX) {
      this.#exchange?.flooded();
      void this.#port?.close();
    } else if (this.#exchange !== null) this.#exchange.take(bytes);
    else this.#takeStray(bytes);
  }

  /** Nobody waits for these bytes; an answer among them came late. */
  #takeStray(bytes: Uint8Array): void {
    this.#strayBytes += bytes.length;
    const room = this.#stray.subarray(this.#strayLength);
    room.set(bytes.subarray(0, room.length));
    this.#strayLength += Math.min(bytes.length, room.length);
    if (this.#notice(this.#stray.subarray(0, this.#strayLength)) !== null) this.#forgetStray();
  }

  #forgetStray(): void {
    this.#strayLength = 0;
  }

  /** Sees whether these bytes are an answer that is owed; says so, where it is. */
  #notice(received: Uint8Array): string | null {
    const { clock, place, log } = this.#parts;
    const late = this.#lateness.recognise(received, clock.mono());
    if (late === null) return null;
    this.#lateAnswers += 1;
    this.#settled.abort();
    const { unitId, latenessMs, isBeyondBound } = late;
    if (isBeyondBound) {
      log.warn("an answer came later than latenessMax says; the bus now stays quiet for longer", {
        bus: place,
        unitId,
        latenessMs,
        latenessMaxMs: this.#lateness.maxMs,
        lateAnswers: this.#lateAnswers,
        strayBytes: this.#strayBytes,
      });
    } else log.debug("an answer came late", { bus: place, unitId, latenessMs });
    return `the answer of unit ${unitId} to an earlier request came ${latenessMs} ms late`;
  }

  #unit(unitId: number): string {
    return `${this.#parts.place}, unit ${unitId}`;
  }

  #closedFault(why: string): Fault {
    return lostFault(this.#parts.place, why);
  }
}
