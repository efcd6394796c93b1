// A ledger in a scratch directory with its real thread, and a keeper that only knows the tree: what
// tests of the store, and of what reads it, need. The leaves are texts; the store reads none.

import { utf8 } from "../ledger/bytes.ts";
import { checkpointBody } from "../ledger/checkpoint.ts";
import { softwareSigner } from "../ledger/keys.ts";
import type { LeafType } from "../ledger/leaf.ts";
import { Frontier, leafHash } from "../ledger/merkle.ts";
import { signNote } from "../ledger/note.ts";
import { Ledger, type LedgerOptions, type LedgerStore } from "../ledger-store/ledger.ts";
import type { LedgerOpening } from "../ledger-store/thread-messages.ts";
import { silentLog } from "../signal/log.ts";
import { FakeClock } from "./fake-clock.ts";
import { spawnWorkerThread } from "./storage-threads.ts";

const RIG_ORIGIN = "telltale/usage/0123456789abcdef0123456789abcdef";

/** Of a ledger that was just made. */
export const EMPTY_OPENING: LedgerOpening = {
  size: 0,
  frontier: [],
  firstLeaf: null,
  lastLeaf: null,
  checkpoint: null,
  audit: [],
  lastUtc: null,
};

const signer = softwareSigner("ed25519", new Uint8Array(32).fill(7));

export function ledgerOptions(path: string, changes: Partial<LedgerOptions> = {}): LedgerOptions {
  const clock = new FakeClock();
  return {
    path,
    clock,
    timers: clock,
    log: silentLog,
    spawn: spawnWorkerThread,
    onCommitted() {},
    onFailure(error) {
      throw error;
    },
    ...changes,
  };
}

export async function openLedger(
  path: string,
  changes: Partial<LedgerOptions> = {},
): Promise<{ ledger: Ledger; opening: LedgerOpening; writer: LeafWriter }> {
  const ledger = new Ledger(ledgerOptions(path, changes));
  const opening = await ledger.open();
  return { ledger, opening, writer: new LeafWriter(ledger, opening) };
}

/** Appends leaves and signs heads, as the keeper does. */
export class LeafWriter {
  readonly #ledger: LedgerStore;
  #tree: Frontier;

  constructor(ledger: LedgerStore, { size, frontier }: LedgerOpening) {
    this.#ledger = ledger;
    this.#tree = new Frontier(size, frontier);
  }

  get size(): number {
    return this.#tree.size;
  }

  leaf(text: string, type: LeafType = "TICK", utc: number | null = null): boolean {
    const tree = this.#tree.copy();
    const isTaken = this.#ledger.append(text, type, utc, tree.append(leafHash(utf8(text))));
    if (isTaken) this.#tree = tree;
    return isTaken;
  }

  leaves(count: number): void {
    for (let left = count; left > 0; left--) this.leaf(`leaf ${this.size}`);
  }

  root(): Uint8Array {
    return this.#tree.root();
  }

  /** Signs what there is and hands it to the ledger; gives the note. */
  checkpoint(): string {
    const { size } = this.#tree;
    const body = checkpointBody({ origin: RIG_ORIGIN, size, root: this.#tree.root() });
    const note = signNote(body, RIG_ORIGIN, signer);
    this.#ledger.putCheckpoint(size, note);
    return note;
  }
}
