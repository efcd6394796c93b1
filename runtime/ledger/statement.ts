// A statement: the evidence for one period (leaves, signed tree heads, proofs, the contract) and
// the figures that follow from it. Whoever has the evidence computes the figures again; the two
// must be the same to the byte. A statement's file is canonical JSON and one line end.

import type { RegisterName, StateRegister } from "../usage/usage-state.ts";

/** Larger files are refused before anything in them is looked at. */
export const STATEMENT_BYTES_MAX = 64 * 1024 * 1024;

/** One end of the period in the ledger. */
export interface StatementEnd {
  /** Index of the leaf. */
  readonly index: number;
  /** A signed checkpoint whose tree holds that leaf, with all cosignatures that are known. */
  readonly checkpoint: string;
  /** RFC 6962 inclusion proof of the leaf in that tree; base64. */
  readonly inclusion: readonly string[];
}

export interface StatementEvidence {
  readonly v: 1;
  readonly typ: "telltale.statement";
  /** Controller id, ledger origin and the device's verifier key. */
  readonly controller: string;
  readonly origin: string;
  readonly key: string;
  readonly contract: {
    /** The contract's YAML, byte for byte, and the parties' detached signatures (general JWS). */
    readonly text: string;
    readonly jws: string;
  };
  readonly period: {
    /** Milliseconds since 1970; from inclusive, to exclusive. */
    readonly from: number;
    readonly to: number;
    /** The zone's UTC offsets that hold from each instant on; the first at or before `from`. */
    readonly offsets: readonly { readonly from: number; readonly seconds: number }[];
  };
  /** The last leaf that is dated at or before `from`; the first of the ledger where none is. */
  readonly opening: StatementEnd;
  /** The first leaf dated at or after `to`; the newest where none is. */
  readonly closing: StatementEnd;
  /** From the opening's tree to the closing's. */
  readonly consistency: readonly string[];
  /**
   * Roots of the complete subtrees, from the left, of the tree that ends before the opening leaf:
   * with the leaves they give the root at every size from there to the closing's.
   */
  readonly frontier: readonly string[];
  /** From the opening to the closing leaf, verbatim; and on to the end of the closing's tree. */
  readonly leaves: readonly string[];
  /**
   * Leaves from before the opening that the figures need (the lease as it stood, the last anchor of
   * the opening's boot), each with its inclusion in the closing's tree.
   */
  readonly earlier: readonly {
    readonly index: number;
    readonly leaf: string;
    readonly inclusion: readonly string[];
  }[];
  /** Cosigned checkpoints in between, oldest first. */
  readonly checkpoints: readonly string[];
  /** Assents of the parties that came after the leaves (general JWS texts). */
  readonly assents: readonly string[];
}

/**
 * Milliseconds per state, and of them overload and maintenance; registers that stood still left
 * out.
 */
export type Hours = Partial<Readonly<Record<RegisterName, number>>>;

export interface StatementDay {
  /** `2026-11-23`, local. */
  readonly day: string;
  /** Shift name → hours; `""` is time outside all shifts. */
  readonly shifts: Readonly<Record<string, Hours>>;
}

export interface StatementLine {
  /** Stable word, such as `rate:night`, `overage`, `base`, `standby`, `credit`. */
  readonly id: string;
  readonly text: string;
  /** Milliseconds, or pieces where `unit` says so. */
  readonly quantity: number;
  readonly unit: "ms" | "day" | "week" | "28-days" | "once";
  /** Minor units per hour or piece; negative for a credit. */
  readonly rateMinor: number;
  /** In words and figures, with the rounding: what a person computes to check it. */
  readonly formula: string;
  readonly amountMinor: number;
}

export interface StatementFigures {
  /**
   * Its two ends, and since when the zone's offsets are given, as people write them (ISO 8601,
   * local with offset): an instant at which nothing was counted stands here a second time, so that
   * it cannot be changed alone.
   */
  readonly period: { readonly from: string; readonly to: string; readonly offsetsSince: string };
  readonly registers: {
    readonly opening: Hours;
    readonly closing: Hours;
    readonly difference: Hours;
  };
  /** Of the period and on hire. */
  readonly hours: Hours;
  readonly days: readonly StatementDay[];
  readonly quality: {
    /** Milliseconds by time quality. */
    readonly byTime: Readonly<Record<"S" | "R" | "I" | "U", number>>;
    readonly observedMs: number;
    readonly unknownMs: Readonly<Record<StateRegister, number>>["unknown"];
    readonly gaps: number;
    readonly lossBoundMs: number;
    readonly conflicts: number;
    readonly timeSteps: number;
    readonly substitutedMs: number;
    readonly configurations: readonly string[];
    readonly software: readonly string[];
  };
  readonly lines: readonly StatementLine[];
  readonly total: {
    readonly currency: string;
    readonly decimals: number;
    readonly amountMinor: number;
  };
  /** What the parties have to look at, in sentences; empty in the usual case. */
  readonly notes: readonly string[];
}

export interface Statement extends StatementEvidence {
  readonly figures: StatementFigures;
}
