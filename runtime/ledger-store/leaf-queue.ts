// Leaves and checkpoints that wait in memory for the ledger thread, in their order and bounded.

import { Buffer } from "node:buffer";
import type { LedgerBatch, NewCheckpoint, NewLeaf } from "./thread-messages.ts";

/**
 * Leaves that may wait for a disk that takes nothing: weeks of a busy machine. Beyond either bound
 * a leaf is refused, and its maker says later in a LAPSE leaf how many there were.
 */
export const LEAVES_WAITING_MAX = 10_000;
/** Text of the leaves that wait. */
export const WAITING_BYTES_MAX = 8 * 1024 * 1024;
/** Checkpoints that may wait; the oldest goes first, because each newer one covers it. */
const CHECKPOINTS_WAITING_MAX = 1_000;
/** Leaves of one commit: bounds how long a question waits for it. */
const BATCH_LEAVES_MAX = 1_000;

export class LeafQueue {
  readonly #leaves: NewLeaf[] = [];
  readonly #checkpoints: NewCheckpoint[] = [];
  #bytes = 0;

  get leaves(): number {
    return this.#leaves.length;
  }

  get isEmpty(): boolean {
    return this.#leaves.length === 0 && this.#checkpoints.length === 0;
  }

  /** False where there is no room for it. */
  add(leaf: NewLeaf, inFlightLeaves: number): boolean {
    const bytes = Buffer.byteLength(leaf.text);
    if (this.#leaves.length + inFlightLeaves >= LEAVES_WAITING_MAX) return false;
    if (this.#bytes + bytes > WAITING_BYTES_MAX) return false;
    this.#leaves.push(leaf);
    this.#bytes += bytes;
    return true;
  }

  put(checkpoint: NewCheckpoint): void {
    this.#checkpoints.push(checkpoint);
    if (this.#checkpoints.length > CHECKPOINTS_WAITING_MAX) this.#checkpoints.shift();
  }

  /**
   * The oldest leaves, and the checkpoints of trees that are on the disk with them; null where
   * there is nothing to write.
   * @param committed how many leaves are on the disk.
   */
  take(committed: number): LedgerBatch | null {
    const leaves = this.#leaves.splice(0, BATCH_LEAVES_MAX);
    for (const { text } of leaves) this.#bytes -= Buffer.byteLength(text);
    const size = committed + leaves.length;
    const checkpoints = this.#checkpoints.filter((checkpoint) => checkpoint.size <= size);
    const later = this.#checkpoints.filter((checkpoint) => checkpoint.size > size);
    this.#checkpoints.splice(0, this.#checkpoints.length, ...later);
    return leaves.length + checkpoints.length === 0 ? null : { leaves, checkpoints };
  }
}
