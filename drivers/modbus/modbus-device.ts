// One Modbus device: its points read in as few requests as the protocol allows, each delivered
// once, and written with a look at what became of it.

import { Fault, type FaultCode } from "../../runtime/signal/fault.ts";
import type { Clock } from "../../runtime/signal/instant.ts";
import type { Log } from "../../runtime/signal/log.ts";
import type { Wire } from "../../runtime/signal/wire.ts";
import type { Device, PointIndex, Sink } from "../driver.ts";
import { IdentityCheck } from "./identity-check.ts";
import { type Ask, BROADCAST_UNIT, ModbusException, type ModbusLine } from "./line.ts";
import { type Batch, planBatches, splitBatch } from "./plan.ts";
import { refusalOf } from "./refusal.ts";
import { decodeBit, decodePlace, encodeRegisters, type RegisterPlace } from "./register.ts";
import type { DeviceSettings } from "./settings.ts";

/**
 * After these a second attempt on a fresh connection may do better; an unreachable bus is not
 * asked twice.
 */
const WORTH_RETRYING: ReadonlySet<FaultCode> = new Set([
  "BUS_TIMEOUT",
  "BUS_CHECKSUM",
  "BUS_CLOSED",
  "BUS_WRONG_ANSWER",
]);

export interface ModbusDeviceParts {
  readonly name: string;
  readonly line: ModbusLine;
  readonly settings: DeviceSettings;
  readonly places: readonly RegisterPlace[];
  readonly sink: Sink;
  readonly wire: Wire;
  readonly clock: Clock;
  readonly log: Log;
}

export class ModbusDevice implements Device {
  readonly #parts: ModbusDeviceParts;
  #plan: readonly Batch[];
  /** Which connection of the line the plan was learned on; 0 before the first. */
  #plannedAtConnection = 0;
  readonly #identity: IdentityCheck | null;
  /** On which connection the device has said who it is; null where it has yet to. */
  #identifiedAtConnection: number | null = null;

  constructor(parts: ModbusDeviceParts) {
    this.#parts = parts;
    this.#plan = planBatches(parts.places, parts.settings);
    const { identity } = parts.settings;
    this.#identity = identity === undefined ? null : new IdentityCheck(parts.name, identity);
  }

  /**
   * A refused address turns bad alone: its batch is halved until it stands by itself. The finer
   * plan is kept for as long as the connection stands. Rejects when the device is silent, or when
   * it refused everything.
   */
  async read(): Promise<void> {
    if (this.#isBroadcast) throw this.#broadcastFault();
    await this.#identify();
    const plan: Batch[] = [];
    let hasValue = false;
    let refusal: Fault | null = null;
    for (const [position, batch] of this.#plan.entries()) {
      const outcome = await this.#readBatch(batch).catch((error: unknown) => {
        this.#unanswered(position);
        throw error;
      });
      // Of what is refused as a whole, such as by a device that boots, nothing is learned.
      plan.push(...(outcome.hasValue ? outcome.parts : [batch]));
      hasValue ||= outcome.hasValue;
      refusal = outcome.refusal ?? refusal;
    }
    this.#keepPlan(plan);
    if (refusal !== null && !hasValue) throw refusal;
  }

  /**
   * What was not answered is asked first next time: should its answer come later than any bound
   * says, it meets the question that it belongs to. And who was silent may be another by now.
   */
  #unanswered(position: number): void {
    this.#plan = [...this.#plan.slice(position), ...this.#plan.slice(0, position)];
    this.#identifiedAtConnection = null;
  }

  /** Once for each connection, and again after the device was silent. */
  async #identify(): Promise<void> {
    const { line } = this.#parts;
    if (this.#identity === null || this.#identifiedAtConnection === line.connections) return;
    this.#identifiedAtConnection = null;
    this.#identity.verify(await this.#persist(this.#identity.ask));
    this.#identifiedAtConnection = line.connections;
  }

  /** Reads a batch, in halves and quarters where it is refused. */
  async #readBatch(whole: Batch) {
    const todo = [whole];
    const parts: Batch[] = [];
    let hasValue = false;
    let refusal: Fault | null = null;
    for (let batch = todo.pop(); batch !== undefined; batch = todo.pop()) {
      const answer = await this.#ask(batch);
      if (!(answer instanceof ModbusException)) {
        // A repeat may have gone over a fresh connection, with another device behind it.
        await this.#identify();
        this.#deliver(batch, answer);
        hasValue = true;
        parts.push(batch);
        continue;
      }
      if (answer.isAboutAddress && batch.points.length > 1) {
        todo.push(...splitBatch(this.#parts.places, batch).toReversed());
        refusal ??= answer;
      } else {
        refusal = this.#refuse(batch, answer);
        parts.push(batch);
      }
    }
    return { parts, hasValue, refusal };
  }

  /** Behind a fresh connection may be another firmware, or a device that has come up by now. */
  #keepPlan(plan: readonly Batch[]): void {
    const { places, line, settings } = this.#parts;
    const isFirst = this.#plannedAtConnection === 0;
    const isSame = line.connections === this.#plannedAtConnection;
    this.#plan = isFirst || isSame ? plan : planBatches(places, settings);
    this.#plannedAtConnection = line.connections;
  }

  async write(point: PointIndex, raw: number): Promise<void> {
    const place = this.#parts.places[point]!;
    const ask = this.#writeAsk(place, raw);
    if (!this.#isBroadcast) await this.#identify();
    // Never repeated: whether an unanswered write was carried out cannot be known from here.
    await this.#request(ask);
    // Nobody answers a broadcast: what became of it shows where each device is read.
    if (this.#isBroadcast) return;
    const { table, address, count } = place;
    const bytes = await this.#persist({ kind: "read", table, address, count });
    const found = decode(place, bytes, 0);
    const wanted = place.type === "float32" ? Math.fround(raw) : raw;
    if (found !== wanted) {
      throw this.#refused(place, `took ${wanted} but reads back ${found}`);
    }
  }

  get #isBroadcast(): boolean {
    const { line, settings } = this.#parts;
    return line.hasBroadcast && settings.unitId === BROADCAST_UNIT;
  }

  #broadcastFault(): Fault {
    return new Fault(
      "SETTING_INVALID",
      `Device ${this.#parts.name} is unit 0: on a serial line that is everybody; nobody answers.`,
      "Read each device under a unit id of its own; unit 0 is for outputs alone.",
    );
  }

  /** The answer's bytes, or the exception where it concerns this batch and not the device. */
  async #ask({ table, address, count }: Batch): Promise<Uint8Array | ModbusException> {
    try {
      return await this.#persist({ kind: "read", table, address, count });
    } catch (error) {
      if (error instanceof ModbusException && !error.isAboutDevice) return error;
      throw error;
    }
  }

  async #persist(ask: Ask): Promise<Uint8Array> {
    for (let attempt = 0; ; attempt++) {
      try {
        return await this.#request(ask);
      } catch (error) {
        const isWorthIt = error instanceof Fault && WORTH_RETRYING.has(error.code);
        const { line, settings } = this.#parts;
        const attempts = line.isSilent(settings.unitId) ? 0 : settings.retries;
        if (!isWorthIt || attempt >= attempts) throw error;
        this.#parts.log.debug("asks again", { device: this.#parts.name, why: error.message });
      }
    }
  }

  #request(ask: Ask): Promise<Uint8Array> {
    const { line, settings, wire } = this.#parts;
    return line.request({ unitId: settings.unitId, timeoutMs: settings.timeout, wire }, ask);
  }

  #deliver(batch: Batch, bytes: Uint8Array): void {
    const { places, sink, clock } = this.#parts;
    const at = clock.mono();
    for (const point of batch.points) {
      const place = places[point]!;
      const value = decode(place, bytes, place.address - batch.address);
      if (typeof value === "number") sink.sample(point, value, at);
      else sink.bad(point, value, at);
    }
  }

  #refuse(batch: Batch, exception: ModbusException): Fault {
    const { name, places, sink, clock } = this.#parts;
    const at = clock.mono();
    const refusals = batch.points.map((point) => refusalOf(name, places[point]!, exception));
    batch.points.forEach((point, position) => {
      sink.bad(point, "exception", at, refusals[position]!);
    });
    return refusals[0]!;
  }

  #writeAsk(place: RegisterPlace, raw: number): Ask {
    const { table, address, type } = place;
    const { writeWith } = this.#parts.settings;
    if (table === "coil") {
      if (raw !== 0 && raw !== 1) throw this.#refused(place, `holds 0 or 1, not ${raw}`);
      return { kind: "write-coil", address, on: raw === 1, asMultiple: writeWith === "multiple" };
    }
    if (table !== "holding") throw this.#refused(place, "can only be read");
    if (place.bits !== null) {
      // The others could change between reading and writing them back.
      throw this.#refused(place, "is part of a register, which is written as a whole or not");
    }
    const words = encodeRegisters(raw, place);
    if (words === null) throw this.#refused(place, `is ${type} and cannot hold ${raw}`);
    if (writeWith === "single" && words.length > 1) {
      throw this.#refused(place, `is ${type}, and one register after the other would tear it`);
    }
    const asMultiple = writeWith === "multiple" || words.length > 1;
    return { kind: "write-registers", address, words, asMultiple };
  }

  #refused({ table, address }: RegisterPlace, why: string): Fault {
    return new Fault(
      "WRITE_REFUSED",
      `Device ${this.#parts.name}: ${table} ${address} ${why}.`,
      "Write a value that the register's type and the device allow, to a coil or holding register.",
    );
  }
}

function decode(place: RegisterPlace, bytes: Uint8Array, offset: number) {
  if (place.table === "coil" || place.table === "discrete") return decodeBit(bytes, offset);
  return decodePlace(bytes, offset * 2, place);
}
