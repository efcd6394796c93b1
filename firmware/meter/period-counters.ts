// What the registers gained since the machine went on hire (rental) and since it was last started
// (trip). The registers never reset: a period is the difference from where a leaf says it began.

import type { Leaf, LeaseState } from "../../runtime/ledger/leaf.ts";
import {
  REGISTER_NAMES,
  type Registers,
  type UsageState,
} from "../../runtime/usage/usage-state.ts";

export interface Periods {
  /** Null where the machine is not on hire. */
  readonly rental: Registers | null;
  /** Null where no start is known. */
  readonly trip: Registers | null;
}

const ON_HIRE: ReadonlySet<LeaseState> = new Set(["on-hire", "standby"] as const);
const AT_REST: ReadonlySet<UsageState> = new Set(["OFF", "STANDBY"] as const);
const RUNNING: ReadonlySet<UsageState> = new Set(["IDLE", "WORKING"] as const);

export class PeriodCounters {
  #rentalBase: Registers | null = null;
  #tripBase: Registers | null = null;

  /** Each leaf as it is made; those of earlier lives first, in their order. */
  follow(leaf: Leaf): void {
    if (leaf.typ === "LEASE") {
      if (!leaf.lease || !ON_HIRE.has(leaf.lease.state)) this.#rentalBase = null;
      else this.#rentalBase ??= leaf.regs;
    } else if (leaf.typ === "STATE" && AT_REST.has(leaf.d.from) && RUNNING.has(leaf.st)) {
      this.#tripBase = leaf.regs;
    }
  }

  periods(now: Registers): Periods {
    const rental = this.#rentalBase && difference(now, this.#rentalBase);
    return { rental, trip: this.#tripBase && difference(now, this.#tripBase) };
  }
}

function difference(now: Registers, base: Registers): Registers {
  const entries = REGISTER_NAMES.map((name) => [name, now[name] - base[name]]);
  return Object.fromEntries(entries) as unknown as Registers;
}
