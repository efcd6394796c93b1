// Takes the ledger's checkpoints to the parties' witnesses and brings their cosignatures back. The
// gateway holds no key and judges nothing: the meter verifies what is handed back. Whatever fails
// here, metering does not notice.

import type { WitnessStatus } from "../../protocols/panel/panel-status.ts";
import {
  askWitness,
  type Cosigned,
  WitnessFailed,
  type WitnessTrouble,
} from "../../protocols/witness/witness-client.ts";
import { parseCheckpoint } from "../../runtime/ledger/checkpoint.ts";
import type { Outcome } from "../../runtime/ledger/commands.ts";
import { parseVerifierKey } from "../../runtime/ledger/keys.ts";
import { reasonOf } from "../../runtime/signal/fault.ts";
import type { Log } from "../../runtime/signal/log.ts";
import type { Timer, Timers } from "../../runtime/signal/timers.ts";
import type { LedgerWitness } from "../machine-file/machine.ts";

/** How often each witness gets a checkpoint; the meter signs one at least as often. */
const EVERY_MS = 15 * 60_000;
/** After a failure; each further one doubles the wait, up to the usual one. */
const RETRY_MIN_MS = 30_000;
/** How often it is looked whose turn it is. */
const LOOK_MS = 5_000;

/** What the meter is asked for. */
export interface WitnessedLedger {
  /** A signed checkpoint of all that is on the disk. */
  checkpoint(): Promise<string>;
  consistency(first: number, second: number): Promise<readonly string[]>;
  cosignature(note: string): Promise<Outcome>;
}

export interface WitnessingOptions {
  readonly witnesses: readonly LedgerWitness[];
  /** Null while the meter is not connected. */
  readonly ledger: () => WitnessedLedger | null;
  readonly mono: () => number;
  readonly timers: Timers;
  /** 0 ≤ random < 1: a fleet must not ask its one witness in the same second. */
  readonly random: () => number;
  readonly log: Log;
}

interface Turn {
  readonly witness: LedgerWitness;
  dueAt: number;
  isAsked: boolean;
  failures: number;
  /** What the witness is known to have. */
  origin: string;
  size: number;
  cosignedAt: number | null;
  trouble: WitnessStatus["trouble"];
}

export class Witnessing {
  readonly #options: WitnessingOptions;
  readonly #turns: readonly Turn[];
  #looking: Timer | null = null;

  constructor(options: WitnessingOptions) {
    this.#options = options;
    this.#turns = options.witnesses.map((witness) => ({
      witness,
      dueAt: 0,
      isAsked: false,
      failures: 0,
      origin: "",
      size: 0,
      cosignedAt: null,
      trouble: null,
    }));
  }

  open(): void {
    if (this.#turns.length === 0) return;
    this.#looking = this.#options.timers.every(LOOK_MS, () => this.#look());
  }

  close(): void {
    this.#looking?.cancel();
  }

  get status(): readonly WitnessStatus[] {
    const now = this.#options.mono();
    return this.#turns.map(({ witness, cosignedAt, size, trouble }) => ({
      name: witness.name,
      url: witness.url,
      lastCosignedAge: cosignedAt === null ? null : now - cosignedAt,
      size: cosignedAt === null ? null : size,
      trouble,
    }));
  }

  #look(): void {
    const ledger = this.#options.ledger();
    if (ledger === null) return;
    const now = this.#options.mono();
    for (const turn of this.#turns) {
      if (!turn.isAsked && turn.dueAt <= now) void this.#take(turn, ledger);
    }
  }

  /** Never rejects. */
  async #take(turn: Turn, ledger: WitnessedLedger): Promise<void> {
    const { log, mono } = this.#options;
    turn.isAsked = true;
    try {
      await this.#ask(turn, ledger);
      if (turn.trouble) log.info("a witness cosigns again", { witness: turn.witness.name });
      turn.trouble = null;
      turn.failures = 0;
      turn.dueAt = mono() + this.#spread(EVERY_MS);
    } catch (error) {
      const kind = error instanceof WitnessFailed ? error.trouble : "ledger";
      this.#tell(turn, kind, reasonOf(error));
      const wait = Math.min(EVERY_MS, RETRY_MIN_MS * 2 ** Math.min(turn.failures, 10));
      turn.failures++;
      turn.dueAt = mono() + this.#spread(wait);
    } finally {
      turn.isAsked = false;
    }
  }

  async #ask(turn: Turn, ledger: WitnessedLedger): Promise<void> {
    const { timers, mono } = this.#options;
    const { url, key: keyText } = turn.witness;
    const key = parseVerifierKey(keyText);
    if (typeof key === "string") throw new WitnessFailed("bad-answer", `its key ${key}`);
    const checkpoint = await ledger.checkpoint();
    const tree = parseCheckpoint(checkpoint);
    if (typeof tree === "string") throw new Error(`the meter's checkpoint ${tree}`);
    const { origin, size } = tree;
    const old = turn.origin === origin ? turn.size : 0;
    const proofFrom = (first: number) => ledger.consistency(first, size);
    const cosigned: Cosigned = await askWitness({ url, key, checkpoint, old, proofFrom, timers });
    turn.origin = origin;
    turn.size = size;
    const outcome = await ledger.cosignature(cosigned.note);
    if (outcome.result === "refused") {
      throw new Error(`the meter refused the cosignature: ${outcome.message} (${outcome.code})`);
    }
    turn.cosignedAt = mono();
  }

  /** Said once for each kind of trouble, not at each try. */
  #tell(turn: Turn, kind: WitnessTrouble | "ledger", message: string): void {
    const { log } = this.#options;
    const fields = { witness: turn.witness.name, trouble: kind, reason: message };
    const isGrave = kind === "fork" || kind === "ahead";
    if (turn.trouble?.kind === kind) log.debug("a witness did not cosign", fields);
    else if (isGrave) log.error("a witness does not recognise this ledger any more", fields);
    else log.warn("a witness did not cosign", fields);
    turn.trouble = { kind, message };
  }

  /** A tenth less at most, so that it is not later than it may be. */
  #spread(waitMs: number): number {
    return waitMs * (1 - this.#options.random() / 10) - LOOK_MS;
  }
}
