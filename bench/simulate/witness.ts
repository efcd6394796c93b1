// A party that keeps the newest checkpoint it has cosigned, and so can prove that a controller went
// back to an old image of its disk or tells two stories.

import { cosign, parseCheckpoint } from "../../runtime/ledger/checkpoint.ts";
import type { Signer } from "../../runtime/ledger/keys.ts";
import { parseVerifierKey, type VerifierKey, verifierKeyOf } from "../../runtime/ledger/keys.ts";
import { verifyConsistency } from "../../runtime/ledger/merkle.ts";
import { addSignature, verifyNote } from "../../runtime/ledger/note.ts";

export type Refusal = "rollback" | "fork" | "not-signed" | "no-checkpoint";

const NO_ROOT = new Uint8Array(0);

export class SimWitness {
  size = 0;
  /** What it cosigned, with its line. */
  readonly cosigned: { readonly size: number; readonly note: string }[] = [];
  readonly name = "witness.example";
  readonly #signer: Signer;
  readonly #device: VerifierKey;
  #root: Uint8Array = NO_ROOT;

  constructor(signer: Signer, deviceKey: string) {
    const device = parseVerifierKey(deviceKey);
    if (typeof device === "string") throw new TypeError(device);
    this.#signer = signer;
    this.#device = device;
  }

  get key(): string {
    return verifierKeyOf(this.name, this.#signer, "cosignature").text;
  }

  /** The cosignature line, or why there is none. */
  judge(
    note: string,
    consistency: (first: number, second: number) => readonly Uint8Array[],
    timeSeconds: number,
  ): { readonly line: string } | { readonly refusal: Refusal } {
    const verified = verifyNote(note, [this.#device]);
    if (typeof verified === "string" || verified.verified.length === 0) {
      return { refusal: "not-signed" };
    }
    const checkpoint = parseCheckpoint(note);
    if (typeof checkpoint === "string") return { refusal: "no-checkpoint" };
    const { size, root } = checkpoint;
    if (size < this.size) return { refusal: "rollback" };
    if (this.size > 0) {
      const proof = consistency(this.size, size);
      if (!verifyConsistency(this.size, size, proof, this.#root, root)) return { refusal: "fork" };
    }
    this.size = size;
    this.#root = root;
    const line = cosign(note, this.name, this.#signer, timeSeconds);
    this.cosigned.push({ size, note: addSignature(note, line) });
    return { line };
  }
}
