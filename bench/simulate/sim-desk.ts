// Where a simulated controller takes what the parties signed. Signatures, contracts and order are
// judged by what the meter judges them with, and the book is read from the leaves each time.

import { utf8 } from "../../runtime/ledger/bytes.ts";
import type { ContractTexts } from "../../runtime/ledger/commands.ts";
import { readContract } from "../../runtime/ledger/contract-file.ts";
import type { Instruction } from "../../runtime/ledger/instruction.ts";
import { instructionText } from "../../runtime/ledger/instruction-payload.ts";
import {
  instructionsOf,
  type Judged,
  judgeInstruction,
} from "../../runtime/ledger/judge-instruction.ts";
import { signJws } from "../../runtime/ledger/jws.ts";
import { type Leaf, parseLeaf } from "../../runtime/ledger/leaf.ts";
import { type Refusal, restoreLease } from "../../runtime/ledger/lease-book.ts";
import { LESSEE, LESSOR } from "../../runtime/testing/ledger-parties.ts";
import { REGISTER_NAMES } from "../../runtime/usage/usage-state.ts";
import type { Hire } from "./hire.ts";
import { hold } from "./laws.ts";
import type { Life } from "./life.ts";
import { WORLD_BEGINS_UTC } from "./sim-clock.ts";
import type { SimDisk } from "./sim-disk.ts";

const DAY_SECONDS = 86_400;
const HIRE_BEGINS = ["delivery", "acceptance", "on-hire"] as const;

type Draft = Instruction extends infer One
  ? One extends Instruction
    ? Omit<One, "v" | "typ" | "dev" | "issued" | "expires" | "lease" | "contract">
    : never
  : never;

export class SimDesk {
  readonly #life: Life;
  readonly #contracts = new Map<string, ContractTexts>();

  constructor(life: Life) {
    this.#life = life;
  }

  /** The machine is delivered, accepted and goes on hire, as a lease of this name. */
  beginHire(hire: Hire, lease: string): void {
    for (const kind of HIRE_BEGINS) this.take(hire, lease, { kind, id: `${lease}-${kind}` });
  }

  /** Both sign it, it is taken, and stands on the disk. */
  take(hire: Hire, lease: string, draft: Draft, next?: Hire): void {
    const { meter, disk, controller } = this.#life;
    const { keeper, metering } = meter;
    if (next) this.#contracts.set(next.hash, next.texts);
    const { jws, judged } = this.judge(hire, lease, draft);
    hold(!judged.refused, "what both signed is taken", () => ({ lease, draft, judged }));
    const before = metering.usage.registers;
    for (const effect of judged.effects) {
      if (effect.kind === "lease") keeper.setLease({ id: effect.id, state: effect.state });
      if (effect.kind === "offset") controller.tookOffset(metering, effect.registers);
    }
    keeper.add(judged.leaf === "OFFSET" ? "OFFSET" : "LEASE", { jws }, metering.moment());
    keeper.checkpoint(this.#life.clock.mono());
    hold(disk.commit(), "an instruction is on the disk", () => disk.waitingLeaves);
    const { regs } = lastLeafOf(disk);
    const own = metering.usage.registers;
    hold(
      REGISTER_NAMES.every((name) => own[name] === before[name] && regs[name] === own[name]),
      "an instruction moves no register",
      () => ({ draft, before, own, regs }),
    );
  }

  judge(
    hire: Hire,
    lease: string,
    draft: Draft,
  ): { readonly jws: string; readonly judged: Judged | Refusal } {
    const { meter, disk, clock, time, controller } = this.#life;
    const issued = Math.floor((WORLD_BEGINS_UTC + time.now) / 1_000);
    const text = instructionText({
      v: 1,
      typ: "telltale.instruction",
      dev: controller.id,
      issued,
      expires: issued + DAY_SECONDS,
      lease,
      contract: hire.hash,
      ...draft,
    });
    const payload = utf8(text);
    const jws = signJws(payload, LESSEE.signer, signJws(payload, LESSOR.signer));
    const { utc, tq, err } = clock.instantAt(clock.mono());
    const judged = judgeInstruction(jws, hire.texts, {
      book: restoreLease(instructionsOf(signedLeavesOf(disk)).instructions).book,
      terms: { controller: controller.id, key: meter.keeper.key, lessor: LESSOR.text },
      time: { utcMin: tq === "S" ? utc! - (err ?? 0) : null, ledgerUtc: null },
      readContract: (contract) => {
        const read = readContract(contract, "contract.yaml");
        return "contract" in read ? read.contract : JSON.stringify(read.problems[0]);
      },
      contractOf: (hash) => this.#contracts.get(hash) ?? null,
    });
    return { jws, judged };
  }
}

/** Leaves of a disk that hold what somebody signed. */
export function signedLeavesOf(disk: SimDisk): readonly Leaf[] {
  return disk.leaves.filter((text) => /"typ":"(?:LEASE|OFFSET|SERVICE)"/.test(text)).map(leafOf);
}

export function lastLeafOf(disk: SimDisk): Leaf {
  return leafOf(disk.leaves.at(-1)!);
}

export function leafOf(text: string): Leaf {
  const leaf = parseLeaf(text);
  if (typeof leaf === "string") throw new TypeError(leaf);
  return leaf;
}
