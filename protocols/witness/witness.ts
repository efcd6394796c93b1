// A witness (C2SP tlog-witness): it keeps the newest checkpoint of each ledger that it watches, and
// cosigns a newer one only where that continues it. So a controller that was rolled back, or that
// tells two stories, cannot get this signature for both.

import { equal, fromBase64 } from "../../runtime/ledger/bytes.ts";
import { type Checkpoint, cosign, parseCheckpoint } from "../../runtime/ledger/checkpoint.ts";
import type { Signer, VerifierKey } from "../../runtime/ledger/keys.ts";
import { rootOfEmpty, verifyConsistency } from "../../runtime/ledger/merkle.ts";
import { addSignature, parseNote, verifyNote } from "../../runtime/ledger/note.ts";
import { parseRequest } from "./witness-request.ts";

/** Segments of one ledger that are watched: each stands for a database that broke. */
const SEGMENTS_MAX = 1_000;

/** Two notes of one device that do not fit together, or one that it could not connect. */
export interface ForkEvidence {
  readonly origin: string;
  /**
   * `fork`: two roots for one size, which is proof. `inconsistent`: what it said continues the
   * first was found not to.
   */
  readonly kind: "fork" | "inconsistent";
  /** What was cosigned before, and what was refused: each with the device's signature. */
  readonly kept: string;
  readonly offered: string;
  /** Of the refused one, base64. */
  readonly proof: readonly string[];
  /** Seconds since 1970 by the witness's clock. */
  readonly time: number;
}

/** Both are on the disk when they return: what comes after relies on it. */
export interface WitnessStore {
  /** The newest cosigned note of an origin. */
  keep(origin: string, note: string): void;
  accuse(evidence: ForkEvidence): void;
}

/** An HTTP status, and what is said beside it. */
export type WitnessAnswer =
  | { readonly status: 200; readonly cosignature: string; readonly note: string }
  | { readonly status: 409; readonly size: number }
  | { readonly status: 400 | 403 | 404 | 409 | 422; readonly reason: string };

export interface WitnessOptions {
  readonly name: string;
  readonly signer: Signer;
  /** Pinned. The name of each is the origin of the device's ledger. */
  readonly devices: readonly VerifierKey[];
  readonly store: WitnessStore;
  /** The newest cosigned note of each origin, as it was kept. */
  readonly kept: ReadonlyMap<string, string>;
  /** Seconds since 1970. */
  readonly now: () => number;
}

interface Kept {
  readonly note: string;
  readonly checkpoint: Checkpoint;
}

export class Witness {
  readonly #options: WitnessOptions;
  readonly #kept = new Map<string, Kept>();

  constructor(options: WitnessOptions) {
    this.#options = options;
    for (const [origin, note] of options.kept) {
      const checkpoint = parseCheckpoint(note);
      if (typeof checkpoint === "string") throw new RangeError(`a kept note ${checkpoint}`);
      this.#kept.set(origin, { note, checkpoint });
    }
  }

  /**
   * Judges one request. It does not wait for anything, so that no other request can come between
   * the look at what is kept and the writing of what is newer.
   */
  addCheckpoint(body: string): WitnessAnswer {
    const request = parseRequest(body);
    if (typeof request === "string") return { status: 400, reason: request };
    const { old, checkpoint: note } = request;
    const parsed = parseNote(note);
    const offered = typeof parsed === "string" ? parsed : parseCheckpoint(parsed.text);
    if (typeof offered === "string") return { status: 400, reason: `the checkpoint ${offered}` };
    const device = this.#deviceOf(offered.origin);
    if (device === null) return { status: 404, reason: `${offered.origin} is not watched here` };
    const own = signedByDevice(note, device);
    if (own === null) return { status: 403, reason: "its signature is not by the pinned key" };
    if (old > offered.size) return { status: 400, reason: "the old size is above the new one" };
    const kept = this.#kept.get(offered.origin);
    const isFork =
      kept?.checkpoint.size === offered.size && !equal(kept.checkpoint.root, offered.root);
    if (isFork) this.#accuse("fork", kept, own, request.proof);
    const keptSize = kept?.checkpoint.size ?? 0;
    if (old !== keptSize) return { status: 409, size: keptSize };
    if (isFork) return { status: 409, reason: "another tree of this size was cosigned before" };
    if (!continues(kept?.checkpoint ?? null, offered, request.proof)) {
      if (kept) this.#accuse("inconsistent", kept, own, request.proof);
      return { status: 422, reason: `the proof does not lead from ${old} to ${offered.size}` };
    }
    return this.#cosign(own, offered);
  }

  /** What is cosigned is written first: after a crash it must not be possible to sign a fork. */
  #cosign(own: string, checkpoint: Checkpoint): WitnessAnswer {
    const { name, signer, store, now } = this.#options;
    const line = cosign(own, name, signer, now());
    const note = addSignature(own, line);
    store.keep(checkpoint.origin, note);
    this.#kept.set(checkpoint.origin, { note, checkpoint });
    return { status: 200, cosignature: `${line}\n`, note };
  }

  #accuse(
    kind: ForkEvidence["kind"],
    { note, checkpoint }: Kept,
    offered: string,
    proof: readonly string[],
  ): void {
    const { store, now } = this.#options;
    store.accuse({ origin: checkpoint.origin, kind, kept: note, offered, proof, time: now() });
  }

  /** A later segment of a ledger is a log of its own, under the same key. */
  #deviceOf(origin: string): VerifierKey | null {
    const isOf = ({ name }: VerifierKey) =>
      origin === name ||
      (origin.startsWith(`${name}/`) && isSegment(origin.slice(name.length + 1)));
    return this.#options.devices.find(isOf) ?? null;
  }
}

function isSegment(text: string): boolean {
  return /^[1-9]\d{0,3}$/.test(text) && Number(text) >= 2 && Number(text) <= SEGMENTS_MAX;
}

/** The note with the device's signature alone: nobody else's words are kept. Null: not signed. */
function signedByDevice(note: string, device: VerifierKey): string | null {
  const verified = verifyNote(note, [device]);
  if (typeof verified === "string" || !verified.verified.includes(device)) return null;
  const parsed = parseNote(note);
  if (typeof parsed === "string") return null;
  const line = parsed.signatures.find(
    ({ name, id }) => name === device.name && equal(id, device.id),
  )!.line;
  return `${parsed.text}\n${line}\n`;
}

function continues(
  kept: Checkpoint | null,
  offered: Checkpoint,
  proof: readonly string[],
): boolean {
  const before = kept ?? { size: 0, root: rootOfEmpty };
  if (before.size === offered.size) {
    return proof.length === 0 && equal(before.root, offered.root);
  }
  // From nothing everything follows, and no proof shows it.
  if (before.size === 0) return proof.length === 0;
  const hashes = proof.map((hash) => fromBase64(hash)!);
  return verifyConsistency(before.size, offered.size, hashes, before.root, offered.root);
}
