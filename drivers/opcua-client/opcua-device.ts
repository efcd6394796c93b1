// One device: its variables read in as few requests as the server allows, each delivered once, and
// written with a look at what became of it.

import type { DataValue } from "node-opcua";
import { Fault } from "../../runtime/signal/fault.ts";
import type { Clock } from "../../runtime/signal/instant.ts";
import type { Log } from "../../runtime/signal/log.ts";
import { sleep, type Timers } from "../../runtime/signal/timers.ts";
import type { Device, DeviceContext, PointIndex } from "../driver.ts";
import type { Link } from "./link.ts";
import { type NodeName, nodeIdOf, parseNodeName } from "./node-name.ts";
import { LinkFailure, type ServerLine } from "./server-line.ts";
import type { deviceSettings, PointSettings } from "./settings.ts";
import { agedReading, type Reading, readingOf } from "./value-of.ts";
import { encodeLike } from "./write-value.ts";

/** A server that reads each node by itself is slow with this many, and still answers. */
const TIMEOUTS_IN_A_ROW_MAX = 3;
/** A controller takes a value at the end of its cycle: what is read back at once may be the old. */
const READ_BACKS_MAX = 5;
const READ_BACK_WAIT_MS = 100;

type DeviceSettings = ReturnType<typeof deviceSettings.parse>;
type Context = DeviceContext<DeviceSettings, PointSettings>;

interface Platform {
  readonly line: ServerLine;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly log: Log;
}

interface Node {
  readonly point: PointIndex;
  readonly nodeId: string;
}

export class OpcuaDevice implements Device {
  readonly #context: Context;
  readonly #platform: Platform;
  readonly #names: readonly NodeName[];
  #timeoutsInARow = 0;

  constructor(context: Context, platform: Platform) {
    this.#context = context;
    this.#platform = platform;
    this.#names = context.points.map(({ settings }) => parseNodeName(settings.node)!);
  }

  /**
   * A session that the server has forgotten between two reads shows only when it is used, so a
   * read whose link fails is made once more on a fresh one.
   */
  async read(): Promise<void> {
    try {
      await this.#readAll();
    } catch (error) {
      if (!(error instanceof LinkFailure)) throw error;
      this.#platform.log.debug("reads again", { device: this.#context.name, why: error.message });
      await this.#readAll();
    }
  }

  async write(point: PointIndex, raw: number): Promise<void> {
    const { settings } = this.#context.points[point]!;
    const { line } = this.#platform;
    const link = await line.link();
    const nodeId = nodeIdOf(this.#names[point]!, link.namespaces);
    if (nodeId === null) throw this.#refused(point, "is not there: its namespace is unknown");
    const node = { point, nodeId };
    // Its type is the server's choice, and only its value tells it for sure.
    const [before] = await this.#ask(link, [node], false);
    const value = encodeLike(link.library, before!.value, raw, settings.index !== undefined);
    if (value === null) {
      const type = link.library.DataType[before!.value?.dataType ?? 0];
      throw this.#refused(point, `is ${type} and cannot hold ${raw}`);
    }
    const { wire, settings: own } = this.#context;
    wire.sent(`Write ${settings.node} = ${raw}`);
    const { AttributeIds } = link.library;
    const request = {
      nodeId,
      attributeId: AttributeIds.Value,
      value: { value },
      ...this.#indexRange(link, point),
    };
    const status = await line.ask(link, "a write", own.timeout, () => link.session.write(request));
    wire.received(`Write: ${status.name}`);
    if (status.value >>> 30 !== 0) throw this.#refused(point, `answers ${status.name}`);
    await this.#readBack(link, node, raw);
  }

  async #readAll(): Promise<void> {
    const link = await this.#platform.line.link();
    let nodes = this.#nodes(link);
    while (nodes.length > 0) {
      const wantsClock = nodes.some(({ point }) => this.#ageMax(point) !== undefined);
      const batch = nodes.slice(0, Math.max(1, link.nodesPerRead - (wantsClock ? 1 : 0)));
      const values = await this.#ask(link, batch, wantsClock).catch((error: unknown) => {
        if (!isTooMuch(error) || batch.length === 1) throw error;
        link.nodesPerRead = Math.ceil(link.nodesPerRead / 2);
        return null;
      });
      if (values === null) continue;
      this.#deliver(batch, values);
      nodes = nodes.slice(batch.length);
    }
  }

  /** The nodes of this server; what it does not have is told as bad at once. */
  #nodes(link: Link): readonly Node[] {
    const { sink } = this.#context;
    return this.#names.flatMap((name, point) => {
      const nodeId = nodeIdOf(name, link.namespaces);
      if (nodeId !== null) return [{ point, nodeId }];
      const fault = new Fault(
        "SETTING_INVALID",
        `${this.#place(point)}: the server has no namespace ${String(name.namespace)}.`,
        "Compare `node` with what `telltale scan` lists.",
      );
      sink.bad(point, "not-configured", this.#platform.clock.mono(), fault);
      return [];
    });
  }

  /** The values of the nodes, and behind them the server's clock where it is wanted. */
  async #ask(
    link: Link,
    nodes: readonly Node[],
    wantsClock: boolean,
  ): Promise<readonly DataValue[]> {
    const { wire, settings } = this.#context;
    const { AttributeIds, VariableIds } = link.library;
    const request = nodes.map(({ point, nodeId }) => ({
      nodeId,
      attributeId: AttributeIds.Value,
      ...this.#indexRange(link, point),
    }));
    if (wantsClock) {
      const nodeId = `i=${VariableIds.Server_ServerStatus_CurrentTime}`;
      request.push({ nodeId, attributeId: AttributeIds.Value });
    }
    wire.sent(`Read ${nodes.map(({ nodeId }) => nodeId).join(" ")}`);
    const what = `a read of ${request.length} nodes`;
    const values = await this.#platform.line
      .ask(link, what, settings.timeout, () => link.session.read(request))
      .catch((error: unknown) => {
        this.#countTimeout(link, error);
        throw error;
      });
    this.#timeoutsInARow = 0;
    const bad = values.filter(({ statusCode }) => statusCode.value >>> 30 !== 0).length;
    wire.received(
      wire.isTraced
        ? `Read: ${values.map((value) => shown(value)).join(" ")}`
        : `Read: ${values.length} values, ${bad} not good`,
    );
    if (values.length === request.length) return values;
    throw new Fault(
      "BUS_WRONG_ANSWER",
      `${this.#platform.line.place} answers ${what} with ${values.length} values.`,
      "Update the server's firmware: it does not keep to the standard.",
    );
  }

  /** Others may be answered on this link while this device is not: then it is of no use here. */
  #countTimeout(link: Link, error: unknown): void {
    if (!(error instanceof Fault) || error.code !== "BUS_TIMEOUT") return;
    this.#timeoutsInARow += 1;
    if (this.#timeoutsInARow < TIMEOUTS_IN_A_ROW_MAX) return;
    this.#timeoutsInARow = 0;
    this.#platform.line.drop(link, `${this.#context.name} is not answered`);
  }

  #deliver(nodes: readonly Node[], values: readonly DataValue[]): void {
    const { sink } = this.#context;
    const at = this.#platform.clock.mono();
    const now: unknown = values[nodes.length]?.value?.value;
    const serverNow = now instanceof Date ? now : null;
    for (const [position, { point }] of nodes.entries()) {
      const reading = this.#reading(point, values[position]!, serverNow);
      if ("value" in reading) sink.sample(point, reading.value, at);
      else sink.bad(point, reading.reason, at, reading.fault);
    }
  }

  #reading(point: PointIndex, dataValue: DataValue, serverNow: Date | null): Reading {
    const place = this.#place(point);
    const reading = readingOf(place, dataValue);
    const ageMax = this.#ageMax(point);
    if (!("value" in reading) || ageMax === undefined) return reading;
    return agedReading(place, dataValue.sourceTimestamp, serverNow, ageMax) ?? reading;
  }

  async #readBack(link: Link, node: Node, raw: number): Promise<void> {
    const { timers } = this.#platform;
    let found: number | string = "nothing";
    for (let attempt = 0; attempt < READ_BACKS_MAX; attempt++) {
      if (attempt > 0) await sleep(timers, READ_BACK_WAIT_MS);
      const [dataValue] = await this.#ask(link, [node], false);
      const reading = readingOf(this.#place(node.point), dataValue!);
      found = "value" in reading ? reading.value : reading.reason;
      const isFloat = dataValue!.value?.dataType === link.library.DataType.Float;
      if (found === (isFloat ? Math.fround(raw) : raw)) return;
    }
    throw this.#refused(node.point, `took ${raw} but reads back ${found}`);
  }

  #indexRange(link: Link, point: PointIndex) {
    const { index } = this.#context.points[point]!.settings;
    return index === undefined ? {} : { indexRange: new link.library.NumericRange(index) };
  }

  #ageMax(point: PointIndex): number | undefined {
    return this.#context.points[point]!.settings.sourceAgeMax;
  }

  #place(point: PointIndex): string {
    const { name, settings } = this.#context.points[point]!;
    return `Signal ${name} (${settings.node})`;
  }

  #refused(point: PointIndex, why: string): Fault {
    return new Fault(
      "WRITE_REFUSED",
      `${this.#place(point)} ${why}.`,
      "Write a value that the variable's type and range allow, to one that this user may write.",
    );
  }
}

function shown({ statusCode, value }: DataValue): string {
  return statusCode.value === 0 ? String(value?.value) : statusCode.name;
}

function isTooMuch(error: unknown): boolean {
  return error instanceof Fault && /BadTooManyOperations|BadEncodingLimits/.test(error.message);
}
