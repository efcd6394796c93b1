// One controller on the bus, known by its source address: which of its groups are read, and what
// becomes of each of its points when one is heard.

import { Fault } from "../../runtime/signal/fault.ts";
import type { Mono } from "../../runtime/signal/instant.ts";
import type { Reason } from "../../runtime/signal/quality.ts";
import type { DeviceContext, PointIndex } from "../driver.ts";
import { readField } from "./field.ts";
import { GROUP } from "./identifier.ts";
import { PARAMETERS, readParameter } from "./parameters.ts";
import type { DeviceSettings, PointSettings } from "./settings.ts";
import { decodeTroubleReport, type TroubleReport } from "./trouble-codes.ts";

export type ControllerContext = DeviceContext<DeviceSettings, PointSettings>;

type Read = (data: Uint8Array) => number | Reason;

interface Reader {
  readonly point: PointIndex;
  readonly read: Read;
}

interface TroubleReader {
  readonly point: PointIndex;
  readonly read: (report: TroubleReport) => number | Reason;
}

/** A group that is asked for, as often as the most impatient of its points wants it. */
export interface Wanted {
  readonly group: number;
  readonly everyMs: number;
}

export class Controller {
  readonly context: ControllerContext;
  readonly address: number;
  readonly timeoutMs: number;
  /** Groups that are to be asked for. */
  readonly requests: readonly Wanted[];
  readonly #readers = new Map<number, Reader[]>();
  readonly #troubles: TroubleReader[] = [];
  readonly #pointsOfRequests = new Map<number, PointIndex[]>();

  constructor(context: ControllerContext) {
    this.context = context;
    this.address = context.settings.sourceAddress;
    this.timeoutMs = context.settings.timeout;
    const everyMs = new Map<number, number>();
    for (const [point, { settings }] of context.points.entries()) {
      const group = this.#prepare(point, settings);
      const { requestEvery } = settings;
      if (requestEvery === undefined) continue;
      everyMs.set(group, Math.min(everyMs.get(group) ?? requestEvery, requestEvery));
      this.#pointsOfRequests.set(group, [...(this.#pointsOfRequests.get(group) ?? []), point]);
    }
    this.requests = [...everyMs].map(([group, every]) => ({ group, everyMs: every }));
  }

  /** The groups that are read, for the filter of the kernel. */
  get groups(): readonly number[] {
    const own = [...this.#readers.keys()];
    return this.#troubles.length > 0 ? [...own, GROUP.activeTroubleCodes] : own;
  }

  reads(group: number): boolean {
    if (group === GROUP.activeTroubleCodes) return this.#troubles.length > 0;
    return this.#readers.has(group);
  }

  /** The whole data of a group, in one frame or put together. */
  hear(group: number, data: Uint8Array, at: Mono): void {
    if (group === GROUP.activeTroubleCodes) {
      this.#hearTroubles(data, at);
      return;
    }
    const readers = this.#readers.get(group) ?? [];
    for (let index = 0; index < readers.length; index++) {
      const { point, read } = readers[index]!;
      this.#deliver(point, read(data), at);
    }
  }

  /** The controller says that it does not have, or does not give, what was asked for. */
  refused(group: number, at: Mono): void {
    const fault = new Fault(
      "BUS_EXCEPTION",
      `Device ${this.context.name} (source address ${this.address}) refuses group ${group}.`,
      "It does not have this group: take the signal out, or remove `requestEvery`.",
    );
    this.#badRequests(group, "exception", at, fault);
  }

  /** Nothing of what is asked for can come, because nothing may be sent. */
  mute(fault: Fault, at: Mono): void {
    for (const { group } of this.requests) this.#badRequests(group, "not-connected", at, fault);
  }

  /** Frames were lost on the way to us; which ones nobody knows. */
  overrun(fault: Fault, at: Mono): void {
    const { points, sink } = this.context;
    for (const point of points.keys()) sink.bad(point, "overrun", at, fault);
  }

  #badRequests(group: number, reason: Reason, at: Mono, fault: Fault): void {
    for (const point of this.#pointsOfRequests.get(group) ?? []) {
      this.context.sink.bad(point, reason, at, fault);
    }
  }

  #hearTroubles(data: Uint8Array, at: Mono): void {
    const report = decodeTroubleReport(data);
    for (const { point, read } of this.#troubles) {
      this.#deliver(point, report === null ? "not-configured" : read(report), at);
    }
  }

  #deliver(point: PointIndex, value: number | Reason, at: Mono): void {
    const { sink } = this.context;
    if (typeof value === "number") sink.sample(point, value, at);
    else sink.bad(point, value, at);
  }

  /** Gives the group in which the point is told. */
  #prepare(point: PointIndex, settings: PointSettings): number {
    const { spn, field, lamp, troubleCode } = settings;
    if (spn !== undefined) {
      const parameter = PARAMETERS.get(spn)!;
      this.#add(parameter.group, { point, read: (data) => readParameter(data, parameter) });
      return parameter.group;
    }
    if (field !== undefined) {
      const place = {
        byte: field.startByte - 1,
        bit: field.startBit - 1,
        bits: field.length,
        isSigned: field.signed,
        usesAllValues: field.allValues,
      };
      this.#add(field.pgn, { point, read: (data) => readField(data, place) });
      return field.pgn;
    }
    const read: TroubleReader["read"] =
      lamp !== undefined
        ? (report) => report.lamps[lamp]
        : troubleCode !== undefined
          ? (report) => isActive(report, troubleCode)
          : (report) => report.codes.length;
    this.#troubles.push({ point, read });
    return GROUP.activeTroubleCodes;
  }

  #add(group: number, reader: Reader): void {
    const readers = this.#readers.get(group);
    if (readers === undefined) this.#readers.set(group, [reader]);
    else readers.push(reader);
  }
}

function isActive(
  { codes }: TroubleReport,
  { spn, fmi }: { readonly spn: number; readonly fmi?: number | undefined },
): number | Reason {
  const fits = codes.some(
    (code) =>
      !code.isOldOrder && code.parameter === spn && (fmi === undefined || code.failureMode === fmi),
  );
  if (fits) return 1;
  // A code whose number cannot be told may be this one.
  return codes.some((code) => code.isOldOrder) ? "not-configured" : 0;
}
