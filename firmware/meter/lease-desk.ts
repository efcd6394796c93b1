// Takes what the parties and their witnesses send: instructions about the lease, and cosigned
// checkpoints. What is taken stands on the ledger's disk before anybody is told that it was.

import { equal, sha256Hex, utf8 } from "../../runtime/ledger/bytes.ts";
import { parseCheckpoint, verifyCosignature } from "../../runtime/ledger/checkpoint.ts";
import type {
  Commands,
  ContractTexts,
  LeaseReport,
  Outcome,
} from "../../runtime/ledger/commands.ts";
import type { Contract } from "../../runtime/ledger/contract.ts";
import { readContract } from "../../runtime/ledger/contract-file.ts";
import {
  instructionOfJws,
  instructionsOf,
  type Judged,
  judgeInstruction,
} from "../../runtime/ledger/judge-instruction.ts";
import { parseVerifierKey, type VerifierKey } from "../../runtime/ledger/keys.ts";
import { type LeaseBook, type RefusalCode, restoreLease } from "../../runtime/ledger/lease-book.ts";
import { addSignature, parseNote } from "../../runtime/ledger/note.ts";
import { formatProblem } from "../../runtime/schema/problem.ts";
import type { Clock } from "../../runtime/signal/instant.ts";
import type { ContractFiles } from "../host/contract-files.ts";
import type { MeterLedger } from "./meter-ledger.ts";
import type { Metering, Recorder } from "./metering.ts";
import type { Upkeep } from "./upkeep.ts";

/** A witness's time dates leaves where no other clock does; more often it only fills the ledger. */
const WITNESS_TIME_EVERY_MS = 24 * 3_600_000;

export interface LeaseDeskOptions {
  readonly ledger: MeterLedger;
  readonly metering: Metering;
  readonly upkeep: Upkeep;
  readonly recorder: Pick<Recorder, "record">;
  readonly contracts: Pick<ContractFiles, "read" | "keep">;
  /** The lessor's verifier key that the machine file pins; null where it pins none. */
  readonly lessor: string | null;
  /** Verifier keys of the witnesses that the machine file names. */
  readonly witnesses: readonly string[];
  readonly clock: Clock;
}

export class LeaseDesk implements Commands {
  readonly #options: LeaseDeskOptions;
  #book: LeaseBook;
  /** Contracts by hash: those that were asked for in this life. */
  readonly #contracts = new Map<string, ContractTexts>();
  readonly #witnessedAt = new Map<string, number>();

  constructor(options: LeaseDeskOptions) {
    const { ledger, metering, clock } = options;
    this.#options = options;
    const { instructions } = instructionsOf(ledger.audit);
    this.#book = restoreLease(instructions).book;
    const { fault } = this.#book;
    if (fault !== null) metering.usage.assertFault(`instruction:${fault}`, true, clock.mono());
  }

  lease(): LeaseReport {
    const { lease, fault, taken } = this.#book;
    const { controller } = this.#options.ledger.facts;
    return { controller, lease, fault, taken: taken.size };
  }

  async instruct(jws: string, brought?: ContractTexts): Promise<Outcome> {
    const { ledger, lessor, contracts, upkeep, clock } = this.#options;
    await this.#load([this.#book.lease?.contract, ...hashesNamedIn(jws)]);
    const { controller, key } = ledger.facts;
    const { utc, tq, err } = clock.instantAt(clock.mono());
    const judged = judgeInstruction(jws, brought, {
      book: this.#book,
      terms: { controller, key, lessor },
      time: { utcMin: tq === "S" ? utc! - (err ?? 0) : null, ledgerUtc: ledger.synchronisedUtc },
      readContract: contractOf,
      contractOf: (hash) => this.#contracts.get(hash) ?? null,
    });
    if (judged.refused) return refused(judged.code, judged.message);
    const { lease } = judged.next;
    if (judged.repeated) return { result: "taken", repeated: true, lease };
    const { instruction } = judged;
    const { segmentBeganAt } = ledger;
    if (segmentBeganAt !== null && instruction.issued * 1_000 < segmentBeganAt) {
      // The ledger that knew whether it was taken is gone.
      return refused("expired", "it is from before this segment of the ledger; sign another one");
    }
    if (instruction.kind === "service-done" && !upkeep.hasService(instruction.service)) {
      return refused("malformed", `this machine has no service "${instruction.service}"`);
    }
    if (judged.contract !== null) {
      const { hash, ...texts } = judged.contract;
      await contracts.keep(hash, texts);
      this.#contracts.set(hash, texts);
    }
    const leaf = this.#write(judged, jws);
    if (leaf === null) return refused("unavailable", "the ledger's disk takes no more leaves");
    await ledger.store.flush();
    return { result: "taken", repeated: false, lease, leaf };
  }

  /** Leaf and effects in one turn, so that none of both stands without the other. */
  #write({ next, leaf: type, effects, instruction }: Judged, jws: string): number | null {
    const { ledger, metering, upkeep, clock } = this.#options;
    const { keeper } = ledger;
    const before = keeper.lease;
    for (const effect of effects) {
      if (effect.kind === "lease") keeper.setLease({ id: effect.id, state: effect.state });
    }
    const isWritten =
      type === "SERVICE" && instruction.kind === "service-done"
        ? upkeep.serviceDone(instruction.service, jws)
        : keeper.add(type === "OFFSET" ? "OFFSET" : "LEASE", { jws }, metering.moment());
    if (!isWritten) {
      keeper.setLease(before);
      return null;
    }
    const standing = this.#book.fault;
    this.#book = next;
    for (const effect of effects) {
      if (effect.kind !== "fault") continue;
      const source = effect.source ?? `instruction:${standing}`;
      metering.usage.assertFault(source, effect.source !== null, clock.mono());
    }
    keeper.checkpoint(clock.mono());
    return keeper.size - 1;
  }

  async cosignature(note: string): Promise<Outcome> {
    const { ledger, recorder, clock } = this.#options;
    const head = parseCheckpoint(note);
    if (typeof head === "string") return refused("malformed", `it ${head}`);
    const [own] = await ledger.store.checkpoints(head.size, head.size, 1);
    if (own === undefined || textOf(own) !== textOf(note)) {
      return refused("unknown-checkpoint", `this ledger signed no such checkpoint`);
    }
    const witnesses = (await this.#witnessKeys()).flatMap((key) => {
      const verified = verifyCosignature(note, key);
      return verified === null ? [] : [{ key, time: verified.time, line: lineOf(note, key) }];
    });
    if (witnesses.length === 0) {
      return refused("unknown-witness", "no witness of this machine has signed it");
    }
    for (const { key, time, line } of witnesses) {
      // Of all the lines that somebody brought, those that were verified.
      const cosigned = addSignature(own, line);
      ledger.store.putCheckpoint(head.size, cosigned);
      this.#dateBy(key, time, cosigned);
      recorder.record("cosignature", { size: head.size, note: cosigned }, clock.mono());
    }
    await ledger.store.flush();
    return { result: "taken", repeated: false, lease: this.#book.lease };
  }

  #dateBy({ name }: VerifierKey, time: number, note: string): void {
    const { ledger, metering, clock } = this.#options;
    const now = clock.mono();
    const last = this.#witnessedAt.get(name);
    if (last !== undefined && now - last < WITNESS_TIME_EVERY_MS) return;
    this.#witnessedAt.set(name, now);
    ledger.keeper.add("COSIGNATURE", { note, witness: name, time }, metering.moment());
  }

  async #witnessKeys(): Promise<readonly VerifierKey[]> {
    const { witnesses } = this.#options;
    const hash = this.#book.lease?.contract;
    await this.#load([hash]);
    const texts = hash === undefined ? undefined : this.#contracts.get(hash);
    const contract = texts === undefined ? "none" : contractOf(texts.text);
    const ofParties =
      typeof contract === "string"
        ? []
        : Object.values(contract.parties).flatMap((party) => party?.witness ?? []);
    return [...new Set([...witnesses, ...ofParties])]
      .map(parseVerifierKey)
      .filter((key) => typeof key !== "string");
  }

  async #load(hashes: readonly (string | undefined)[]): Promise<void> {
    for (const hash of hashes) {
      if (hash === undefined || this.#contracts.has(hash)) continue;
      const texts = await this.#options.contracts.read(hash);
      if (texts !== null && sha256Hex(utf8(texts.text)) === hash) this.#contracts.set(hash, texts);
    }
  }
}

/** The contract of a text, or one sentence that says what is wrong with it. */
function contractOf(text: string): Contract | string {
  const read = readContract(text, "contract.yaml");
  return "contract" in read ? read.contract : formatProblem(read.problems[0]!);
}

/** Contracts that an instruction is about; nobody has looked at its signatures yet. */
function hashesNamedIn(jws: string): readonly string[] {
  const instruction = instructionOfJws(jws);
  if (typeof instruction === "string") return [];
  const { contract } = instruction;
  return instruction.kind === "handover" ? [contract, instruction.nextContract] : [contract];
}

function lineOf(note: string, { name, id }: VerifierKey): string {
  const parsed = parseNote(note);
  const lines = typeof parsed === "string" ? [] : parsed.signatures;
  return lines.find((line) => line.name === name && equal(line.id, id))!.line;
}

function textOf(note: string): string | null {
  const parsed = parseNote(note);
  return typeof parsed === "string" ? null : parsed.text;
}

function refused(code: RefusalCode, message: string): Outcome {
  return { result: "refused", code, message };
}
