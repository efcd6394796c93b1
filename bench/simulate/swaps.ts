// A controller is replaced by another with an empty disk. The parties read the old registers, or
// what is left of them, and sign an offset; what must hold is that both controllers' registers
// together tell of the machine what one's would, and that the new one's are its own alone.

import { instructionsOf } from "../../runtime/ledger/judge-instruction.ts";
import type { Signer } from "../../runtime/ledger/keys.ts";
import {
  observedMs,
  REGISTER_NAMES,
  type Registers,
  ZERO_REGISTERS,
} from "../../runtime/usage/usage-state.ts";
import { type Comebacks, CUT_TAKES_MS_MAX, SYNC_MS_MAX } from "./comebacks.ts";
import type { Hire } from "./hire.ts";
import { hold, Laws, TIMED_REGISTERS } from "./laws.ts";
import type { Life } from "./life.ts";
import type { Parties } from "./parties.ts";
import { WORLD_BEGINS_UTC } from "./sim-clock.ts";
import { lastLeafOf, leafOf, signedLeavesOf } from "./sim-desk.ts";
import { brokenRuleOf } from "./whole-chain.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
/** A leaf comes each quarter of an hour at least. */
const LEAF_EVERY_MS = 15 * MINUTE_MS;
/** How long a machine stands there without a controller at most. */
const ABSENT_MS_MAX = 60 * HOUR_MS;
/** Between the offset and a contract that names the new controller. */
const UNNAMED_MS_MAX = 48 * HOUR_MS;

/** A controller that is no longer there. */
interface Replaced {
  readonly controller: string;
  readonly laws: Laws;
  /** As the parties read them. */
  readonly read: Registers;
  readonly hire: Hire;
  /** The last statement about it; null where it was not there for a day. */
  readonly statement: Uint8Array | null;
}

export class Swaps {
  readonly #life: Life;
  readonly #parties: Parties;
  readonly #comebacks: Comebacks;
  readonly #signerOf: (controller: number) => Signer;
  readonly #replaced: Replaced[] = [];
  #absentMs = 0;

  constructor(
    life: Life,
    parties: Parties,
    comebacks: Comebacks,
    signerOf: (controller: number) => Signer,
  ) {
    this.#life = life;
    this.#parties = parties;
    this.#comebacks = comebacks;
    this.#signerOf = signerOf;
  }

  get count(): number {
    return this.#replaced.length;
  }

  /** What all controllers' registers hold together. */
  get registers(): Registers {
    return sumOf([...this.#replaced.map(({ read }) => read), this.#life.laws.registers]);
  }

  get steps(): number {
    return this.#allLaws.reduce((sum, { steps }) => sum + steps, 0);
  }

  get trueWorkingMs(): number {
    return this.#allLaws.reduce((sum, { trueMs }) => sum + trueMs.WORKING, 0);
  }

  /** The contract that named the controller before this one; null for the first. */
  get replacedHire(): Hire | null {
    return this.#replaced.at(-1)?.hire ?? null;
  }

  async swap(): Promise<void> {
    await this.#remove();
    const life = this.#life;
    const absentMs = life.random.integer(1_000, ABSENT_MS_MAX);
    this.#absentMs += absentMs;
    await life.goTo(life.time.now + absentMs, "leaping");
    await this.#install();
    await this.#instruct();
  }

  async #remove(): Promise<void> {
    const life = this.#life;
    const { random, time } = life;
    this.#parties.visit();
    const statement = await this.#parties.settleAll(1, time.now, this.replacedHire);
    const isBroken = random.chance(0.5);
    if (isBroken) {
      // The parties read what the ledger had last: the board says nothing any more.
      await life.goTo(time.now + random.integer(1_000, 8 * HOUR_MS), "leaping");
      life.disk.cutPower();
    } else {
      life.meter.metering.stop("asked");
      life.disk.commit();
    }
    const { observedMs: observed } = this.#comebacks.ended();
    life.endMeter();
    this.isWhole();
    const { regs: read } = lastLeafOf(life.disk);
    const lostMs = observed - observedMs(read);
    const most = CUT_TAKES_MS_MAX + SYNC_MS_MAX + LEAF_EVERY_MS + life.configuration.staleMs;
    hold(lostMs <= most, "of a controller that is gone the ledger has all but its end", () => ({
      lostMs,
      most,
      isBroken,
    }));
    life.laws.recovered(read, lostMs);
    const { controller, laws } = life;
    const { hire } = this.#parties;
    this.#replaced.push({ controller: controller.id, laws, read, hire, statement });
  }

  async #install(): Promise<void> {
    const life = this.#life;
    life.replaceController(this.#signerOf(this.count));
    life.laws = new Laws(ZERO_REGISTERS);
    this.#parties.meet();
    this.#comebacks.meet(life.controller);
    await this.#comebacks.powerOn();
    const { began, keeper } = life.meter;
    hold(
      REGISTER_NAMES.every((name) => began[name] === 0),
      "a new controller's registers begin at zero",
      () => began,
    );
    const genesis = leafOf(life.disk.leaves[0]!);
    const isOwn = genesis.typ === "GENESIS" && genesis.d.key === keeper.key;
    hold(
      isOwn && genesis.lease === undefined,
      "a new ledger begins with its own key",
      () => genesis,
    );
  }

  /** Offsets, the lease under the contract that names the old controller, then one of its own. */
  async #instruct(): Promise<void> {
    const life = this.#life;
    const { desk } = this.#parties;
    const lease = `${this.replacedHire!.lease}-goes-on`;
    const hire = this.replacedHire!;
    for (const { controller: previousController, read: registers } of this.#replaced.toReversed()) {
      const offset = {
        kind: "offset",
        reason: "the controller was replaced",
        previousController,
        registers,
      } as const;
      desk.take(hire, lease, { ...offset, id: `offset-${previousController}` });
      const { judged } = desk.judge(hire, lease, { ...offset, id: `again-${previousController}` });
      hold(judged.refused, "a controller is continued once", () => judged);
    }
    desk.beginHire(hire, lease);
    this.sumsUp();
    await life.goTo(life.time.now + life.random.integer(0, UNNAMED_MS_MAX), "leaping");
    const next = this.#parties.nextHire();
    desk.take(
      hire,
      lease,
      {
        kind: "handover",
        id: `${next.lease}-handover`,
        nextLease: next.lease,
        nextContract: next.hash,
      },
      next,
    );
    this.#parties.hire = next;
  }

  /** The ledger that is there, from its first leaf on. */
  isWhole(): void {
    const { disk } = this.#life;
    hold(disk.isTreeTrue(), "the tree is that of its leaves", () => disk.leaves.length);
    const broken = brokenRuleOf(disk.leaves);
    hold(broken === null, "the verifier finds nothing in an honest ledger", () => broken);
  }

  /** The offsets on the ledger and the controller's own registers, against the whole truth. */
  sumsUp(): void {
    const life = this.#life;
    const { instructions } = instructionsOf(signedLeavesOf(life.disk));
    const offsets = instructions.filter((one) => one.kind === "offset");
    hold(offsets.length === this.count, "each replaced controller stands on the ledger once", () =>
      offsets.map(({ previousController }) => previousController),
    );
    const registers = sumOf([
      ...offsets.map((offset) => offset.registers),
      lastLeafOf(life.disk).regs,
    ]);
    const behindMs = observedMs(life.laws.registers) - observedMs(lastLeafOf(life.disk).regs);
    for (const { state, register } of TIMED_REGISTERS) {
      const bounds = this.#allLaws.map((laws) => laws.boundsOf(state));
      const least = bounds.reduce((sum, bound) => sum + bound.least, 0) - behindMs;
      const most = bounds.reduce((sum, bound) => sum + bound.most, 0);
      const counted = registers[register];
      hold(counted >= least && counted <= most, "replaced controllers and this one sum up", () => ({
        register,
        counted,
        least,
        most,
      }));
    }
    const presentMs = life.time.now - this.#absentMs;
    hold(observedMs(registers) <= presentMs, "where no controller is, nothing is observed", () => ({
      registers,
      presentMs,
    }));
  }

  /** What a party kept of a controller that is gone is as good as on its day. */
  keptIsValid(endsAt: number): void {
    for (const { hire, statement } of this.#replaced) {
      if (statement !== null) hire.accepts(statement, WORLD_BEGINS_UTC + endsAt + DAY_MS);
    }
  }

  get #allLaws(): readonly Laws[] {
    return [...this.#replaced.map(({ laws }) => laws), this.#life.laws];
  }
}

function sumOf(all: readonly Registers[]): Registers {
  const sums = { ...ZERO_REGISTERS };
  for (const registers of all) {
    for (const name of REGISTER_NAMES) sums[name] += registers[name];
  }
  return sums;
}
