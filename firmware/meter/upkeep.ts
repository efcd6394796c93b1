// What follows from the registers and is no hour itself: service intervals, and the comparison with
// the machine's own hour register. Both become leaves and alarms; neither changes a register.

import type { LedgerKeeper, UsageMoment } from "../../runtime/ledger/keeper.ts";
import type { Leaf } from "../../runtime/ledger/leaf.ts";
import type { Clock, Mono } from "../../runtime/signal/instant.ts";
import {
  type ClosedGap,
  HourRegister,
  type Reconciliation,
} from "../../runtime/usage/hour-register.ts";
import { type ServiceChange, ServiceIntervals } from "../../runtime/usage/service-intervals.ts";
import type { ServiceStatus } from "../../runtime/usage/service-status.ts";
import type { Machine } from "../machine-file/machine.ts";
import type { ServiceWitness, SystemAlarm } from "./meter-alarms.ts";
import type { Metering } from "./metering.ts";

/** As OPC UA counts: a service that comes near, one that is due, an hour register that differs. */
const SEVERITY = { warning: 300, due: 600, differs: 500 } as const;

const FINE: ReadonlySet<Reconciliation["verdict"]> = new Set([
  "agrees",
  "first",
  "rollover",
  "transient",
] as const);

export interface UpkeepOptions {
  readonly machine: Pick<Machine, "services" | "hourRegister">;
  readonly metering: Pick<Metering, "image" | "moment" | "systemAlarm">;
  readonly clock: Clock;
  readonly keeper: LedgerKeeper;
  /** SERVICE and RECONCILE leaves of earlier lives, oldest first. */
  readonly earlier: readonly Leaf[];
  /** What the recovery of this start closed; null where there was none. */
  readonly closedGap: ClosedGap | null;
}

export class Upkeep implements ServiceWitness {
  readonly #options: UpkeepOptions;
  readonly #services: ServiceIntervals;
  readonly #hourRegister: HourRegister | null;
  #sampledAt: Mono = -1;
  #comparedAt: Mono | null = null;
  #closedGap: ClosedGap | null;
  /** The last service that was done, with the register of overload at that moment. */
  #lastService: { readonly name: string; readonly overloadMs: number } | null = null;

  constructor(options: UpkeepOptions) {
    const { machine, earlier, closedGap } = options;
    const { services, hourRegister } = machine;
    this.#options = options;
    this.#closedGap = closedGap;
    const changes: ServiceChange[] = [];
    let compared: ConstructorParameters<typeof HourRegister>[1] = null;
    for (const leaf of earlier) {
      if (leaf.typ === "SERVICE") {
        changes.push(leaf.d);
        if (leaf.d.state === "done") this.#served(leaf.d.name, leaf.regs.overload);
      } else if (leaf.typ === "RECONCILE") {
        compared = { nativeMs: leaf.d.nativeMs, registers: leaf.regs };
      }
    }
    this.#services = new ServiceIntervals(services, changes);
    this.#hourRegister = hourRegister && new HourRegister(hourRegister, compared);
    for (const status of this.services()) {
      if (status.state !== "ok") this.#raise(status.name, status.state);
    }
  }

  services(): readonly ServiceStatus[] {
    return this.#services.statuses(this.#options.metering.moment().registers);
  }

  /** Call with each tick of the metering, after time was settled. */
  look(): void {
    const { keeper, metering } = this.#options;
    const now = metering.moment();
    for (const change of this.#services.update(now.registers)) {
      keeper.add("SERVICE", { ...change }, now);
      if (change.state !== "done") this.#raise(change.name, change.state);
    }
    this.#compare(now);
  }

  hasService(name: string): boolean {
    return this.#options.machine.services.some((service) => service.name === name);
  }

  /** False where there is no interval of this name, or the ledger took no leaf of it. */
  serviceDone(name: string, jws?: string): boolean {
    const { keeper, metering } = this.#options;
    const now = metering.moment();
    const change = this.#services.done(name, now.registers);
    if (change === null) return false;
    this.#clear(name);
    this.#served(name, now.registers.overload);
    return keeper.add("SERVICE", { ...change, ...(jws === undefined ? {} : { jws }) }, now) ?? true;
  }

  /** The last service and the time of overload since then; null where none is on the ledger. */
  sinceService(): ReturnType<ServiceWitness["sinceService"]> {
    const last = this.#lastService;
    if (last === null) return null;
    const { overload } = this.#options.metering.moment().registers;
    return { name: last.name, overloadMs: Math.max(0, overload - last.overloadMs) };
  }

  #served(name: string, overloadMs: number): void {
    this.#lastService = { name, overloadMs };
  }

  #compare(now: UsageMoment): void {
    const { keeper } = this.#options;
    const { image } = this.#options.metering;
    const rules = this.#options.machine.hourRegister;
    const register = this.#hourRegister;
    if (register === null || rules === null) return;
    const sampledAt = image.goodAt[rules.signal]!;
    if (sampledAt !== this.#sampledAt) {
      this.#sampledAt = sampledAt;
      register.sample(image.values[rules.signal]!, sampledAt);
    }
    if (!register.due(now.registers)) return;
    const gap = this.#closedGap;
    const substituteMs = gap === null ? null : register.substituteMs(now.registers, gap);
    const elapsedMs = this.#comparedAt === null ? null : now.at - this.#comparedAt;
    const result = register.compare(now.registers, elapsedMs);
    if (result === null) return;
    this.#closedGap = null;
    this.#comparedAt = now.at;
    keeper.add("RECONCILE", { ...result, ...(substituteMs ? { substituteMs } : {}) }, now);
    this.#tellDifference(result);
  }

  #tellDifference({ verdict, nativeDeltaMs, ownDeltaMs }: Reconciliation): void {
    const { metering, clock } = this.#options;
    const isFine = FINE.has(verdict);
    const text =
      `The machine's own hour register and ours differ (${verdict}): ` +
      `${hours(nativeDeltaMs)} h and ${hours(ownDeltaMs)} h since the last comparison.`;
    const definition: SystemAlarm = {
      id: "hourRegister",
      source: "hourRegister",
      ne107: "check-function",
      severity: SEVERITY.differs,
      text,
    };
    metering.systemAlarm(definition, isFine ? "cleared" : "active", clock.mono());
  }

  #raise(name: string, state: "warning" | "due"): void {
    const { metering, clock } = this.#options;
    metering.systemAlarm(serviceAlarm(name, state), "active", clock.mono());
  }

  #clear(name: string): void {
    const { metering, clock } = this.#options;
    metering.systemAlarm(serviceAlarm(name, "warning"), "cleared", clock.mono());
  }
}

function serviceAlarm(name: string, state: "warning" | "due"): SystemAlarm {
  return {
    id: `service.${name}`,
    source: `service.${name}`,
    ne107: "maintenance-required",
    severity: SEVERITY[state],
    text: state === "due" ? `Service ${name} is due.` : `Service ${name} will be due soon.`,
  };
}

function hours(milliseconds: number): string {
  return (milliseconds / 3_600_000).toFixed(2);
}
