// What may be asked of a meter over its stream that changes something: each carries the signatures
// that authorise it, so whoever brings it is no more than a messenger.

import type { LeaseState } from "./leaf.ts";
import type { RefusalCode } from "./lease-book.ts";

/** JWS texts and notes that are longer are refused unread: a leaf has to hold them. In bytes. */
export const COMMAND_TEXT_BYTES_MAX = 12 * 1024;
/** The contract comes along once; a frame of the stream has at most 64 KiB. In bytes. */
export const CONTRACT_TEXT_BYTES_MAX = 32 * 1024;

/** A contract as it is handed around: its exact bytes as text, and who signed them (JWS). */
export interface ContractTexts {
  readonly text: string;
  readonly jws: string;
}

export interface LeaseStanding {
  readonly id: string;
  readonly state: LeaseState;
  /** SHA-256 of the contract's bytes, hexadecimal. */
  readonly contract: string;
}

export type Outcome =
  | {
      readonly result: "taken";
      /** It was taken before; nothing was done this time. */
      readonly repeated: boolean;
      /** Where the lease stands now. */
      readonly lease: LeaseStanding | null;
      /** Index of the leaf that holds it. */
      readonly leaf?: number;
    }
  | { readonly result: "refused"; readonly code: RefusalCode; readonly message: string };

/** `get lease`. */
export interface LeaseReport {
  readonly controller: string;
  readonly lease: LeaseStanding | null;
  /** Id of the instruction by which a person says that the machine cannot work. */
  readonly fault: string | null;
  /** Instructions that were taken in the life of this ledger. */
  readonly taken: number;
}

/** Neither rejects for what the asker did wrong: that is a refusal. */
export interface Commands {
  instruct(jws: string, contract?: ContractTexts): Promise<Outcome>;
  cosignature(note: string): Promise<Outcome>;
  lease(): LeaseReport;
}
