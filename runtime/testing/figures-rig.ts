// A machine's month as a person would write it down, made into leaves: at this local time this
// state began. For worked examples of statements; what cuts, clocks and witnesses do to a ledger is
// ledger-life.ts.

import assert from "node:assert/strict";
import type { FiguresInput } from "../ledger/account.ts";
import { utf8 } from "../ledger/bytes.ts";
import { instantOf, offsetsOf } from "../ledger/calendar.ts";
import { canonicalJson } from "../ledger/canonical-json.ts";
import type { Contract } from "../ledger/contract.ts";
import { contractHash } from "../ledger/contract-file.ts";
import { figuresOf } from "../ledger/figures.ts";
import type { Instruction } from "../ledger/instruction.ts";
import { signJws } from "../ledger/jws.ts";
import type { Leaf, LeaseState } from "../ledger/leaf.ts";
import type { StatementFigures } from "../ledger/statement.ts";
import {
  type OperatingMode,
  type Registers,
  STATE_REGISTERS,
  USAGE_STATES,
  type UsageState,
  ZERO_REGISTERS,
} from "../usage/usage-state.ts";
import { contractText } from "./contract-text.ts";
import {
  LESSEE,
  LESSOR,
  TEST_CONFIGURATION,
  TEST_CONTROLLER,
  TEST_SOFTWARE,
  testContract,
  testKey,
} from "./ledger-parties.ts";

/** What begins at a time: a state with a mode and overload, or a turn of the lease. */
export interface Entry {
  readonly at: string;
  readonly state?: UsageState;
  readonly mode?: OperatingMode;
  readonly overload?: boolean;
  readonly lease?: "on-hire" | "standby-begin" | "standby-end" | "off-hire";
  /** Events that were counted since the entry before. */
  readonly cycles?: number;
  /** The controller was without power since the entry before. */
  readonly isAfterPowerless?: true;
  /** Anything else about the leaf. */
  readonly leaf?: Partial<Leaf>;
}

const LEASE_AFTER: Readonly<Record<NonNullable<Entry["lease"]>, LeaseState>> = {
  "on-hire": "on-hire",
  "standby-begin": "standby",
  "standby-end": "on-hire",
  "off-hire": "off-hire",
};

/** Rates of 60.00 a working hour and nothing else: a minute costs 1.00. */
export const PLAIN_CONTRACT: Partial<Contract> = {
  shifts: [],
  billing: {
    registers: ["working"],
    included: {},
    rates: [{ name: "normal", perHourMinor: 6_000 }],
  },
  rounding: { stepMs: 1, way: "down" },
};

export function rigContract(changes: Partial<Contract> = {}): Contract {
  return testContract(testKey("device.example"), TEST_CONTROLLER, {
    ...PLAIN_CONTRACT,
    ...changes,
  });
}

/** Local where it names no zone: `2026-11-02T06:00`, or `2026-11-02T05:00:00Z`. */
function utcOf(text: string, zone: string): number {
  const utc = text.endsWith("Z") ? Date.parse(text) : instantOf(text, zone);
  assert(utc !== null && Number.isFinite(utc), `${text} is no time`);
  return utc;
}

export function inputOf(
  contract: Contract,
  entries: readonly Entry[],
  period: { readonly from: string; readonly to: string },
): FiguresInput {
  const { zone } = contract;
  const from = utcOf(period.from, zone);
  const to = utcOf(period.to, zone);
  const contractSha256 = contractHash(contractText(contract));
  return {
    leaves: leavesOf(contract, entries),
    firstIndex: 0,
    earlier: [],
    contract,
    contractSha256,
    period: { from, to, offsets: offsetsOf(zone, from, to) },
    assents: [],
  };
}

/** What both parties say, as it stands in a leaf or beside a statement. */
export function signedWord(
  contract: Contract,
  kind: Instruction["kind"],
  more: Readonly<Record<string, unknown>> = {},
  signers = [LESSOR, LESSEE],
): string {
  const payload = utf8(
    canonicalJson({
      v: 1,
      typ: "telltale.instruction",
      dev: TEST_CONTROLLER,
      id: kind,
      issued: 0,
      expires: 1,
      lease: contract.id,
      contract: contractHash(contractText(contract)),
      kind,
      ...more,
    }),
  );
  let jws: string | undefined;
  for (const { signer } of signers) jws = signJws(payload, signer, jws);
  assert(jws !== undefined);
  return jws;
}

function leavesOf(contract: Contract, entries: readonly Entry[]): readonly Leaf[] {
  const registers: { -readonly [Name in keyof Registers]: number } = { ...ZERO_REGISTERS };
  let state: UsageState = "OFF";
  let mode: OperatingMode = "None";
  let overload = false;
  let lease: Leaf["lease"];
  const start = utcOf(entries[0]!.at, contract.zone);
  let utc = start;
  return entries.map((entry, seq) => {
    const at = utcOf(entry.at, contract.zone);
    assert(at >= utc, `${entry.at} is before the entry above it`);
    const observedMs = entry.isAfterPowerless ? 0 : at - utc;
    registers[STATE_REGISTERS[USAGE_STATES.indexOf(state)]!] += observedMs;
    if (overload) registers.overload += observedMs;
    if (mode === "Maintenance") registers.maintenance += observedMs;
    registers.cycles += entry.cycles ?? 0;
    utc = at;
    const from = state;
    if (entry.lease) lease = { id: contract.id, state: LEASE_AFTER[entry.lease] };
    if (entry.state !== undefined) {
      state = entry.state;
      mode = entry.mode ?? "None";
      overload = entry.overload ?? false;
    }
    const said = entry.lease
      ? { typ: "LEASE", d: { jws: signedWord(contract, entry.lease) } }
      : entry.state !== undefined
        ? { typ: "STATE", d: { from } }
        : { typ: "TICK", d: {} };
    return {
      v: 1,
      dev: TEST_CONTROLLER,
      seq,
      prev: `${"A".repeat(43)}=`,
      boot: "boot-1",
      bseq: 1,
      mono: at - start + HOUR_MS,
      utc: at,
      tq: "S",
      err: 20,
      sw: TEST_SOFTWARE,
      cfg: TEST_CONFIGURATION,
      evc: 0,
      st: state,
      mode,
      ovl: overload,
      regs: { ...registers },
      ...(lease && { lease }),
      ...said,
      ...entry.leaf,
    } as unknown as Leaf;
  });
}

export const HOUR_MS = 3_600_000;
export const NOVEMBER = { from: "2026-11-01", to: "2026-12-01" };
/** Before the period begins, and after it. */
export const ON_HIRE: Entry = { at: "2026-10-31T00:00", lease: "on-hire" };
export const END: Entry = { at: "2026-12-02" };

/** Figures of these entries under a contract that differs from the plain one in this. */
export function figuresOfEntries(
  billing: Partial<Contract["billing"]>,
  entries: readonly Entry[],
  changes: Partial<Contract> = {},
  period = NOVEMBER,
): StatementFigures {
  const plain = PLAIN_CONTRACT.billing!;
  const contract = rigContract({ billing: { ...plain, ...billing }, ...changes });
  return figuresOf(inputOf(contract, entries, period));
}

/** Hours (or pieces) and amount of each line. */
export function amountsOf({
  lines,
}: StatementFigures): Record<string, readonly [quantity: number, amountMinor: number]> {
  return Object.fromEntries(
    lines.map(({ id, quantity, amountMinor, unit }) => [
      id,
      [unit === "ms" ? quantity / HOUR_MS : quantity, amountMinor],
    ]),
  );
}

/** Worked from an hour of a day of November 2026 for so many hours; the 2nd is a Monday. */
export function worked(
  days: readonly (readonly [day: number, hour: number, hours: number])[],
): Entry[] {
  return [
    ON_HIRE,
    ...days.flatMap(([day, hour, hours]): Entry[] => {
      const end = hour * 60 + hours * 60;
      const isNext = end >= 24 * 60;
      const clock = `${two(Math.floor(end / 60) % 24)}:${two(end % 60)}`;
      return [
        { at: `2026-11-${two(day)}T${two(hour)}:00`, state: "WORKING" },
        {
          at: `2026-11-${two(isNext ? day + 1 : day)}T${clock}`,
          state: "OFF",
        },
      ];
    }),
    END,
  ];
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}
