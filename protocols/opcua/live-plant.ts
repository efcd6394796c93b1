// Puts current values on the nodes: what the meter says becomes value, status and source timestamp.

import { DataType, StatusCodes, type UAVariable } from "node-opcua";
import type { Clock } from "../../runtime/signal/instant.ts";
import type { LiveValue } from "../../runtime/signal/process-image.ts";
import type { MeterState } from "../stream/frames.ts";
import { type PlantNodes, setValue, withdraw } from "./address-space.ts";
import { COUNTER_STATUS_WITHOUT_METER, STATUS_WITHOUT_METER, statusOf } from "./status-of.ts";
import {
  ITEM_STATE_OF,
  operationCycles,
  operationMs,
  powerOnMs,
  USAGE_COUNTS,
  USAGE_DURATIONS,
} from "./usage-map.ts";

/** OPC UA's UInt32; a machine that loads once a second reaches it after 136 years. */
const COUNT_MAX = 0xffff_ffff;

export class LivePlant {
  readonly #nodes: PlantNodes;
  readonly #clock: Clock;
  #lost = false;

  constructor(nodes: PlantNodes, clock: Clock) {
    this.#nodes = nodes;
    this.#clock = clock;
  }

  /**
   * Current values by signal name. A name that the model does not have belongs to another machine
   * file than the one these nodes were made for, and is passed over.
   */
  update(values: Readonly<Record<string, LiveValue>>): void {
    this.#lost = false;
    for (const [name, live] of Object.entries(values)) {
      const node = this.#nodes.signals.get(name);
      if (node === undefined) continue;
      const status = statusOf(live);
      const at = this.#dateOf(live.age);
      if (live.value === null || live.quality === "bad") withdraw(node, status, at);
      else setValue(node, DataType.Double, live.value, status, at);
    }
  }

  updateState(state: MeterState): void {
    const { state: usage, registers } = state.usage;
    const nodes = this.#nodes;
    const at = this.#dateOf(0);
    nodes.itemState.setState(ITEM_STATE_OF[usage]);
    const good = StatusCodes.Good;
    setValue(nodes.usageState, DataType.String, usage, good, at);
    setValue(nodes.powerOnDuration, DataType.Double, powerOnMs(registers), good, at);
    setValue(nodes.operationDuration, DataType.Double, operationMs(registers), good, at);
    const cycles = Math.min(operationCycles(registers), COUNT_MAX);
    setValue(nodes.operationCycleCounter, DataType.UInt32, cycles, good, at);
    for (const [, key] of USAGE_DURATIONS) {
      setValue(nodes.usageRegisters.get(key)!, DataType.Double, registers[key], good, at);
    }
    for (const [, key] of USAGE_COUNTS) {
      const count = Math.min(registers[key], COUNT_MAX);
      setValue(nodes.usageRegisters.get(key)!, DataType.UInt32, count, good, at);
    }
    this.update(state.values);
  }

  /** Nothing is heard from the meter: no signal is live, no state known, no counter counted up. */
  updateLost(): void {
    if (this.#lost) return;
    this.#lost = true;
    const at = this.#dateOf(0);
    const nodes = this.#nodes;
    nodes.itemState.setState(ITEM_STATE_OF.UNKNOWN);
    for (const node of [...nodes.signals.values(), nodes.usageState]) {
      withdraw(node, STATUS_WITHOUT_METER, at);
    }
    const counters = [
      nodes.powerOnDuration,
      nodes.operationDuration,
      nodes.operationCycleCounter,
      ...nodes.usageRegisters.values(),
    ];
    for (const counter of counters) holdCounter(counter);
  }

  /** The wall time of a sample; none where no clock can be believed or nothing was sampled. */
  #dateOf(ageMs: number | null): Date | undefined {
    if (ageMs === null) return undefined;
    const { utc } = this.#clock.instantAt(this.#clock.mono() - ageMs);
    return utc === null ? undefined : new Date(utc);
  }
}

/** Keeps the reading and its time; a counter that never had one stays waiting. */
function holdCounter(node: UAVariable): void {
  const { value, statusCode, sourceTimestamp } = node.readValue();
  if (!statusCode.isGood()) return;
  node.setValueFromSource(value, COUNTER_STATUS_WITHOUT_METER, sourceTimestamp ?? undefined);
}
