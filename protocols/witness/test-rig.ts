// For tests: a controller's log that can be forked and rolled back, and a witness of it on a real
// socket, whose memory is a map.

import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { toBase64, utf8 } from "../../runtime/ledger/bytes.ts";
import { checkpointBody } from "../../runtime/ledger/checkpoint.ts";
import { type Signer, softwareSigner, verifierKeyOf } from "../../runtime/ledger/keys.ts";
import { consistencyProof, Frontier, leafHash } from "../../runtime/ledger/merkle.ts";
import { signNote } from "../../runtime/ledger/note.ts";
import { silentLog } from "../../runtime/signal/log.ts";
import { type ForkEvidence, Witness, type WitnessStore } from "./witness.ts";
import { witnessListener } from "./witness-listener.ts";
import { requestText } from "./witness-request.ts";

export const DEVICE_NAME = `telltale/usage/${"c".repeat(32)}`;
export const DEVICE = softwareSigner("ed25519", new Uint8Array(32).fill(11));
export const DEVICE_KEY = verifierKeyOf(DEVICE_NAME, DEVICE);
export const WITNESS_NAME = "witness.example/lessee";
export const WITNESS = softwareSigner("ed25519", new Uint8Array(32).fill(12));
export const WITNESS_KEY = verifierKeyOf(WITNESS_NAME, WITNESS, "cosignature");
/** 2026-01-01T00:00:00Z. */
export const NOW_SECONDS = 1_767_225_600;

export class TestLog {
  readonly #leaves: string[];
  readonly #origin: string;
  readonly #signer: Signer;

  constructor(leaves: readonly string[] = [], origin = DEVICE_NAME, signer: Signer = DEVICE) {
    this.#leaves = [...leaves];
    this.#origin = origin;
    this.#signer = signer;
  }

  get size(): number {
    return this.#leaves.length;
  }

  append(count: number, word = "leaf"): this {
    for (let made = 0; made < count; made++) this.#leaves.push(`${word} ${this.size}`);
    return this;
  }

  /** The log as it was, to go another way: another life, or an old disk that was put back. */
  fork(size = this.size): TestLog {
    return new TestLog(this.#leaves.slice(0, size), this.#origin, this.#signer);
  }

  checkpoint(size = this.size): string {
    const frontier = new Frontier();
    for (const leaf of this.#leaves.slice(0, size)) frontier.append(leafHash(utf8(leaf)));
    const body = checkpointBody({ origin: this.#origin, size, root: frontier.root() });
    return signNote(body, DEVICE_NAME, this.#signer);
  }

  proof(from: number, size = this.size): readonly string[] {
    if (from === 0 || from === size) return [];
    const nodes = new Map<string, Uint8Array>();
    const frontier = new Frontier();
    for (const leaf of this.#leaves.slice(0, size)) {
      for (const { level, position, hash } of frontier.append(leafHash(utf8(leaf)))) {
        nodes.set(`${level}/${position}`, hash);
      }
    }
    const proof = consistencyProof(from, size, (level, at) => nodes.get(`${level}/${at}`)!);
    return proof.map(toBase64);
  }

  request(old: number): string {
    return requestText({ old, proof: this.proof(old), checkpoint: this.checkpoint() });
  }
}

export class MemoryWitnessStore implements WitnessStore {
  readonly kept = new Map<string, string>();
  /** Every note that was kept, in order. */
  readonly history: string[] = [];
  readonly evidence: ForkEvidence[] = [];
  /** While it is set nothing can be written. */
  failure: Error | null = null;

  keep(origin: string, note: string): void {
    if (this.failure) throw this.failure;
    this.kept.set(origin, note);
    this.history.push(note);
  }

  accuse(evidence: ForkEvidence): void {
    this.evidence.push(evidence);
  }
}

export function witnessOf(store: MemoryWitnessStore, now = () => NOW_SECONDS): Witness {
  const { kept } = store;
  const devices = [DEVICE_KEY];
  return new Witness({ name: WITNESS_NAME, signer: WITNESS, devices, store, kept, now });
}

export interface ServedWitness extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  readonly http: Server;
}

export async function serveWitness(
  witness: Witness,
  mono: () => number = () => 0,
  port = 0,
): Promise<ServedWitness> {
  const http = createServer(witnessListener({ witness, mono, log: silentLog }));
  http.listen(port, "127.0.0.1");
  await once(http, "listening");
  const { port: given } = http.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${given}`,
    port: given,
    http,
    async [Symbol.asyncDispose]() {
      http.closeAllConnections();
      http.close();
    },
  };
}
