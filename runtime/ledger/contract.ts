// What two parties agreed on about the hours of one machine: who they are, which register is
// billed, when, and at what price. contract-file.ts reads it from YAML; figures.ts computes with
// it.

import type { OperatingMode, RegisterName, UsageState } from "../usage/usage-state.ts";

/** Milliseconds. */
type Millis = number;

export interface Party {
  readonly name: string;
  /** C2SP verifier keys (`name+id+base64`), Ed25519 or P-256: who may sign for this party. */
  readonly keys: readonly string[];
  /** Its witness's verifier key (C2SP cosignature/v1), where it runs one. */
  readonly witness?: string;
}

export const PARTY_ROLES = ["lessor", "lessee", "financier", "insurer"] as const;
export type PartyRole = (typeof PARTY_ROLES)[number];

/** Local time of day in minutes since midnight; `to` at or before `from` runs past midnight. */
export interface Shift {
  readonly name: string;
  readonly fromMinute: number;
  readonly toMinute: number;
  /** On which the shift begins; 1 is Monday, as in ISO 8601. */
  readonly days: readonly number[];
}

/** Hours that the base price includes; each that is given bounds how much is free. */
export interface IncludedHours {
  readonly perDayMs?: Millis;
  /** Monday to Sunday in the contract's zone. */
  readonly perWeekMs?: Millis;
  /** From the beginning of the hire, each 28 days. */
  readonly per28DaysMs?: Millis;
  /** Over the whole rental. */
  readonly perRentalMs?: Millis;
}

/** Minor units per hour; the first rate that fits an interval holds. Absent keys fit everything. */
export interface Rate {
  readonly name: string;
  readonly states?: readonly UsageState[];
  readonly modes?: readonly OperatingMode[];
  readonly shifts?: readonly string[];
  readonly perHourMinor: number;
}

export interface Contract {
  readonly version: 1;
  readonly id: string;
  readonly parties: { readonly lessor: Party; readonly lessee: Party } & {
    readonly [Role in PartyRole]?: Party;
  };
  readonly machine: {
    readonly maker: string;
    readonly model: string;
    readonly serialNumber: string;
    /** Controller id and the device's verifier key. */
    readonly controller: string;
    readonly key: string;
    /** SHA-256 of the approved metering code and configurations; empty approves any. */
    readonly software: readonly string[];
    readonly configurations: readonly string[];
  };
  /** IANA name. */
  readonly zone: string;
  readonly shifts: readonly Shift[];
  readonly billing: {
    /** The milliseconds that are billed: their sum. `working` alone, or `working` and `idle`. */
    readonly registers: readonly RegisterName[];
    readonly included: IncludedHours;
    readonly rates: readonly Rate[];
    /** For each hour beyond the included ones, instead of the rate; absent: the rate. */
    readonly overagePerHourMinor?: number;
    /** Price of the hire itself, whatever was worked. */
    readonly base?: { readonly amountMinor: number; readonly per: "day" | "week" | "28-days" };
    /** At least so much is billed for the hire. */
    readonly minimum?: { readonly hoursMs?: Millis; readonly amountMinor?: number };
    /** For each hour of a standby call, instead of the rates. */
    readonly standbyPerHourMinor?: number;
    readonly overloadPerHourMinor?: number;
    /** Taken off for each hour in FAULT. */
    readonly faultCreditPerHourMinor?: number;
    /**
     * Weeks with more hours than one shift has cost more, in thousandths of the rates: beyond 40 h
     * a week double, beyond 80 h triple shift where the contract says no other limits.
     */
    readonly shiftWork?: {
      readonly doubleAboveMs: Millis;
      readonly doubleThousandths: number;
      readonly tripleAboveMs: Millis;
      readonly tripleThousandths: number;
    };
  };
  /** How a line's quantity is rounded before it is priced; amounts are rounded half to even. */
  readonly rounding: { readonly stepMs: Millis; readonly way: "down" | "nearest" | "up" };
  /** ISO 4217 code and how many decimals its minor unit has. */
  readonly currency: { readonly code: string; readonly decimals: number };
  /** UNKNOWN time: not billed, or billed as if the machine had been in this state. */
  readonly unknown: "free" | "IDLE" | "WORKING";
  /** Hours whose place in the calendar is not sure: the cheapest that is possible, or as dated. */
  readonly badlyTimed: "cheapest" | "as-dated";
  /** Hours that the machine's own register proves for a gap. */
  readonly substitutes: "refused" | "admitted";
  /** What one hire may lose to power cuts before a statement needs both parties' assent. */
  readonly lossBoundMs: Millis;
  /** How old the newest cosignature of each party's witness may be at the end of a period. */
  readonly witnessAgeMaxMs: Millis;
}
