// The hire of a simulated machine: a contract that both parties signed, what they instruct under
// it, and statements about periods of its life, which the verifier has to accept.

import { sha256Hex, utf8 } from "../../runtime/ledger/bytes.ts";
import { canonicalJson } from "../../runtime/ledger/canonical-json.ts";
import { collectEvidence } from "../../runtime/ledger/collect.ts";
import type { ContractTexts } from "../../runtime/ledger/commands.ts";
import type { Contract } from "../../runtime/ledger/contract.ts";
import { makeStatement } from "../../runtime/ledger/figures.ts";
import { signJws } from "../../runtime/ledger/jws.ts";
import type { LedgerReader } from "../../runtime/ledger/reader.ts";
import type { Answer } from "../../runtime/ledger/verdict.ts";
import { verifyStatement } from "../../runtime/ledger/verify.ts";
import { Fault } from "../../runtime/signal/fault.ts";
import { contractText } from "../../runtime/testing/contract-text.ts";
import { LESSEE, LESSOR, testContract, testKey } from "../../runtime/testing/ledger-parties.ts";
import { hold } from "./laws.ts";

/** What a hundred cuts and a wrong clock may make a statement say, truly. */
const HONEST_TROUBLE: ReadonlySet<Answer["check"]> = new Set([
  "loss bound exceeded",
  "unwitnessed",
  "stale witness",
] as const);

export interface HireOptions {
  /** From 1: each controller of a machine has a contract that names it. */
  readonly number: number;
  readonly controller: string;
  readonly deviceKey: string;
  readonly witnessKey: string;
  readonly zone: string;
}

/** Milliseconds since 1970. */
export interface Period {
  readonly from: number;
  readonly to: number;
}

export class Hire {
  /** The lease that begins with its delivery or handover. */
  readonly lease: string;
  readonly hash: string;
  readonly texts: ContractTexts;
  readonly #contract: Contract;
  readonly #options: HireOptions;

  constructor(options: HireOptions) {
    const { number, controller, deviceKey, witnessKey, zone } = options;
    this.#options = options;
    const device = { ...testKey("device"), text: deviceKey };
    const usual = testContract(device, controller);
    const parties = {
      lessor: { ...usual.parties.lessor, witness: witnessKey },
      lessee: { name: usual.parties.lessee.name, keys: usual.parties.lessee.keys },
    };
    const machine = { ...usual.machine, software: [], configurations: [] };
    this.lease = `hire-${number}`;
    this.#contract = { ...usual, id: this.lease, parties, machine, zone };
    const text = contractText(this.#contract);
    const payload = utf8(text);
    const bySigner = signJws(payload, LESSOR.signer, undefined, { detached: true });
    const jws = signJws(payload, LESSEE.signer, bySigner, { detached: true });
    this.texts = { text, jws };
    this.hash = sha256Hex(text);
  }

  /** A statement about the period, made and verified; its bytes, as a party keeps them. */
  async settle(
    reader: LedgerReader,
    { from, to }: Period,
    now: number,
  ): Promise<Uint8Array | null> {
    const bytes = await this.#statementOf(reader, { from, to });
    if (bytes !== null) this.accepts(bytes, now);
    return bytes;
  }

  /** Whether the verifier accepts it, and still does. */
  accepts(statement: Uint8Array, now: number): void {
    const failed = this.#refusals(statement, this.#options.deviceKey, now);
    hold(failed.length === 0, "the verifier accepts an honest statement", () => ({
      lease: this.lease,
      failed: failed.slice(0, 2),
    }));
  }

  /**
   * A statement under this contract about another controller, which has continued this one's. The
   * verifier wants a contract that names the controller and its key, and finds nothing else.
   */
  async settleElsewhere(
    reader: LedgerReader,
    period: Period,
    { deviceKey, now }: { readonly deviceKey: string; readonly now: number },
  ): Promise<void> {
    const bytes = await this.#statementOf(reader, period);
    if (bytes === null) return;
    const failed = this.#refusals(bytes, deviceKey, now).filter(({ check, where }) => {
      const isController = check === "another device" && where?.field === "controller";
      return !isController && !(check === "replaced key" && where?.field === "key");
    });
    hold(failed.length === 0, "a new controller's hours are those of the contract it follows", () =>
      failed.slice(0, 2),
    );
  }

  /** Null where no hour of the ledger is dated in the period: its boots had no clock then. */
  async #statementOf(reader: LedgerReader, { from, to }: Period): Promise<Uint8Array | null> {
    const contract = this.#contract;
    try {
      const evidence = await collectEvidence({ reader, contract, ...this.texts, from, to });
      return utf8(`${canonicalJson(makeStatement(evidence, contract))}\n`);
    } catch (error) {
      if (error instanceof Fault && error.code === "SETTING_INVALID") return null;
      throw error;
    }
  }

  #refusals(statement: Uint8Array, key: string, now: number): readonly Answer[] {
    const contract = { text: this.texts.text };
    const { answers } = verifyStatement(statement, { key, contract, now });
    return answers.filter((answer) => isBroken(answer));
  }
}

function isBroken({ verdict, check, where }: Answer): boolean {
  // A step of more than ten minutes wants the assent of both, which nobody gave here.
  const isStep = check === "time regression" && where?.field === "d.byMs";
  return verdict === "failed" && !HONEST_TROUBLE.has(check) && !isStep;
}
