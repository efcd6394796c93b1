// The hire of a simulated machine: a contract that both parties signed, its instructions on the
// ledger, and statements about periods of its life, which the verifier has to accept.

import { sha256Hex, toBase64, utf8 } from "../../runtime/ledger/bytes.ts";
import { canonicalJson } from "../../runtime/ledger/canonical-json.ts";
import { collectEvidence } from "../../runtime/ledger/collect.ts";
import type { Contract } from "../../runtime/ledger/contract.ts";
import { makeStatement } from "../../runtime/ledger/figures.ts";
import { signJws } from "../../runtime/ledger/jws.ts";
import type { LedgerKeeper } from "../../runtime/ledger/keeper.ts";
import type { LedgerReader } from "../../runtime/ledger/reader.ts";
import type { Answer } from "../../runtime/ledger/verdict.ts";
import { verifyStatement } from "../../runtime/ledger/verify.ts";
import { contractText } from "../../runtime/testing/contract-text.ts";
import { LESSEE, LESSOR, testContract, testKey } from "../../runtime/testing/ledger-parties.ts";
import { hold } from "./laws.ts";
import { WORLD_BEGINS_UTC } from "./sim-clock.ts";
import type { SimDisk } from "./sim-disk.ts";

const INSTRUCTIONS = [
  ["delivery", "delivered"],
  ["acceptance", "accepted"],
  ["on-hire", "on-hire"],
] as const;
/** What a hundred cuts and a wrong clock may make a statement say, truly. */
const HONEST_TROUBLE: ReadonlySet<Answer["check"]> = new Set([
  "loss bound exceeded",
  "unwitnessed",
  "stale witness",
] as const);

export interface HireOptions {
  readonly controller: string;
  readonly deviceKey: string;
  readonly witnessKey: string;
  readonly zone: string;
}

export class Hire {
  readonly #contract: Contract;
  readonly #text: string;
  readonly #jws: string;
  readonly #options: HireOptions;

  constructor(options: HireOptions) {
    const { controller, deviceKey, witnessKey, zone } = options;
    this.#options = options;
    const device = { ...testKey("device"), text: deviceKey };
    const usual = testContract(device, controller);
    const parties = {
      lessor: { ...usual.parties.lessor, witness: witnessKey },
      lessee: { name: usual.parties.lessee.name, keys: usual.parties.lessee.keys },
    };
    const machine = { ...usual.machine, software: [], configurations: [] };
    this.#contract = { ...usual, parties, machine, zone };
    this.#text = contractText(this.#contract);
    const payload = utf8(this.#text);
    const bySigner = signJws(payload, LESSOR.signer, undefined, { detached: true });
    this.#jws = signJws(payload, LESSEE.signer, bySigner, { detached: true });
  }

  /** From the first minute on the machine is on hire. */
  begin(keeper: LedgerKeeper, moment: Parameters<LedgerKeeper["add"]>[2]): void {
    const issued = Math.floor(WORLD_BEGINS_UTC / 1_000);
    for (const [kind, state] of INSTRUCTIONS) {
      const payload = utf8(
        canonicalJson({
          v: 1,
          typ: "telltale.instruction",
          dev: this.#options.controller,
          id: `simulated-${kind}`,
          issued,
          expires: issued + 86_400,
          lease: this.#contract.id,
          contract: sha256Hex(this.#text),
          kind,
        }),
      );
      const jws = signJws(payload, LESSEE.signer, signJws(payload, LESSOR.signer));
      keeper.setLease({ id: this.#contract.id, state });
      keeper.add("LEASE", { jws }, moment);
    }
  }

  /** A statement about the period, made and verified. */
  async settle(reader: LedgerReader, from: number, to: number, now: number): Promise<void> {
    const evidence = await collectEvidence({
      reader,
      contract: this.#contract,
      text: this.#text,
      jws: this.#jws,
      from,
      to,
    });
    const statement = makeStatement(evidence, this.#contract);
    const verdict = verifyStatement(utf8(`${canonicalJson(statement)}\n`), {
      key: this.#options.deviceKey,
      contract: { text: this.#text },
      now,
    });
    const failed = verdict.answers.filter((answer) => isBroken(answer));
    hold(failed.length === 0, "the verifier accepts an honest statement", () => ({
      from: new Date(from).toISOString(),
      to: new Date(to).toISOString(),
      failed: failed.slice(0, 2),
    }));
  }
}

function isBroken({ verdict, check, where }: Answer): boolean {
  // A step of more than ten minutes wants the assent of both, which nobody gave here.
  const isStep = check === "time regression" && where?.field === "d.byMs";
  return verdict === "failed" && !HONEST_TROUBLE.has(check) && !isStep;
}

/** The simulated ledger as a statement's maker asks it. */
export function readerOf(
  disk: SimDisk,
  facts: { readonly controller: string; readonly origin: string; readonly key: string },
  fresh: string,
  cosigned: readonly { readonly size: number; readonly note: string }[],
): LedgerReader {
  const texts = disk.leaves;
  const typeOf = (text: string) => /"typ":"([A-Z_]+)","(?:utc|v)"/.exec(text)![1]!;
  const utcOf = (text: string) => Number(/"utc":(-?\d+),"v":1\}$/.exec(text)?.[1] ?? Number.NaN);
  const notes = [...cosigned, { size: texts.length, note: fresh }];
  return {
    facts: async () => ({ ...facts, segment: 1, size: texts.length }),
    leaves: async (from, limit) => texts.slice(from, from + Math.min(limit, 500)),
    async indexAt(utc) {
      const index = texts.findIndex((text) => utcOf(text) >= utc);
      return index === -1 ? texts.length : index;
    },
    async newestOf(types, before, limit) {
      const found: { index: number; leaf: string }[] = [];
      for (let index = before - 1; index >= 0 && found.length < limit; index--) {
        const leaf = texts[index]!;
        if ((types as readonly string[]).includes(typeOf(leaf))) found.push({ index, leaf });
      }
      return found;
    },
    inclusion: async (index, size) => disk.inclusion(index, size).map(toBase64),
    consistency: async (first, second) => disk.consistency(first, second).map(toBase64),
    frontier: async (size) => disk.frontier(size).map(toBase64),
    checkpoints: async (least, most, limit) =>
      notes
        .filter(({ size }) => size >= least && size <= most)
        .map(({ note }) => note)
        .slice(0, limit),
    freshCheckpoint: async () => fresh,
  };
}
