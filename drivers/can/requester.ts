// Asking for groups that are told on request only. Whoever sends has to claim an address first
// (SAE J1939-81 §4.4); one that another controller holds is given up at once, because a machine
// that is disturbed is worse than one that is not read.

import type { Mono } from "../../runtime/signal/instant.ts";
import { EVERYBODY, GROUP, makeIdentifier } from "./identifier.ts";

/** After a claim, others have this long to object. */
const CLAIM_WAIT_MS = 250;
/** One who claims our address again and again does not know the rules: it may keep the address. */
const CLAIMS_MAX = 3;
const PRIORITY = 6;
const CLAIM_BYTES = 8;
const REQUEST_BYTES = 3;

export interface RequesterParts {
  readonly address: number;
  readonly identity: number;
  readonly asked: readonly {
    readonly group: number;
    readonly destination: number;
    readonly everyMs: number;
  }[];
  /** False where there was no room. */
  send(identifier: number, data: Uint8Array): boolean;
}

export class Requester {
  /** Another controller holds the address: nothing is sent any more. */
  isContested = false;
  readonly #parts: RequesterParts;
  readonly #name: Uint8Array;
  readonly #dueAt: Mono[];
  #claims = 0;
  #mayAskAt: Mono | null = null;

  constructor(parts: RequesterParts) {
    this.#parts = parts;
    this.#name = claimName(parts.identity);
    this.#dueAt = parts.asked.map(() => 0);
  }

  /** Sends what is due; called several times a second. */
  tick(at: Mono): void {
    if (this.isContested) return;
    if (this.#mayAskAt === null) {
      this.#claim(at);
      return;
    }
    if (at < this.#mayAskAt) return;
    const { address, asked, send } = this.#parts;
    for (const [index, { group, destination, everyMs }] of asked.entries()) {
      if (at < this.#dueAt[index]!) continue;
      const identifier = makeIdentifier({
        priority: PRIORITY,
        group: GROUP.request,
        source: address,
        destination,
      });
      // No room: the bus is full. It is tried again with the next tick.
      if (!send(identifier, groupBytes(group))) return;
      this.#dueAt[index] = at + everyMs;
    }
  }

  /** Any frame under our address is another's: our own are not shown to us. */
  heardOwnAddress(group: number, data: Uint8Array, at: Mono): void {
    if (this.isContested) return;
    const isClaim = group === GROUP.addressClaimed && data.length === CLAIM_BYTES;
    const weWin = isClaim && compareNames(this.#name, data) < 0;
    if (weWin && this.#claims < CLAIMS_MAX) this.#claim(at);
    else this.isContested = true;
  }

  /** Somebody asks who is there. */
  heardRequest(destination: number, data: Uint8Array): void {
    const isForUs = destination === this.#parts.address || destination === EVERYBODY;
    if (!isForUs || data.length < REQUEST_BYTES || this.isContested) return;
    const group = data[0]! | (data[1]! << 8) | (data[2]! << 16);
    if (group === GROUP.addressClaimed && this.#mayAskAt !== null) this.#sendClaim();
  }

  #claim(at: Mono): void {
    if (!this.#sendClaim()) return;
    this.#claims += 1;
    this.#mayAskAt = at + CLAIM_WAIT_MS;
  }

  #sendClaim(): boolean {
    const { address, send } = this.#parts;
    const to = { priority: PRIORITY, group: GROUP.addressClaimed, destination: EVERYBODY };
    return send(makeIdentifier({ ...to, source: address }), this.#name);
  }
}

/**
 * 64 bits, lowest byte first: identity number (21 bits), manufacturer (11), instances (8), function
 * (8), a reserved bit, vehicle system (7), its instance (4), industry group (3), and whether the
 * address can change. All but the identity are "none" or all ones: the number is large, so that we
 * yield to everybody who cannot move.
 */
function claimName(identity: number): Uint8Array {
  const name = Uint8Array.of(0, 0, 0, 0, 0, 0xff, 0xfe, 0x7f);
  new DataView(name.buffer).setUint32(0, (identity | (0x7ff << 21)) >>> 0, true);
  return name;
}

/** Below 0 where `own` is the smaller number, which wins. */
function compareNames(own: Uint8Array, other: Uint8Array): number {
  for (let index = CLAIM_BYTES - 1; index >= 0; index--) {
    const difference = own[index]! - other[index]!;
    if (difference !== 0) return difference;
  }
  // The same name under the same address: two of ours with one identity.
  return 1;
}

function groupBytes(group: number): Uint8Array {
  return Uint8Array.of(group & 0xff, (group >> 8) & 0xff, (group >> 16) & 0xff);
}
