// What a contract file says about billing: registers, included hours, rates and surcharges.

import { type Checker, check } from "../schema/issues.ts";
import type { Path } from "../schema/problem.ts";
import type { Schema } from "../schema/schema.ts";
import { didYouMean } from "../schema/suggest.ts";
import {
  isCount,
  OPERATING_MODES,
  REGISTER_NAMES,
  type RegisterName,
  STATE_REGISTERS,
  USAGE_STATES,
} from "../usage/usage-state.ts";
import type { Contract, IncludedHours, Rate } from "./contract.ts";
import {
  baseKeys,
  billingKeys,
  includedKeys,
  minimumKeys,
  rateKeys,
  shiftWorkKeys,
} from "./contract-keys.ts";
import type { MoneyReader } from "./contract-money.ts";

type Billing = Contract["billing"];

export interface BillingContext {
  readonly checker: Checker;
  readonly warnings: Checker;
  readonly shiftNames: readonly string[];
  readonly money: MoneyReader;
}

/** Goes on after problems; the result counts only where none was found. */
export function readBilling(context: BillingContext, section: unknown): Billing | undefined {
  const { checker, money } = context;
  const keys = check(checker, ["billing"], section, billingKeys);
  const given = asMap(section);
  const rates = readRates(context, given["rates"]);
  const included = part(checker, "included", given, includedKeys);
  const base = part(checker, "base", given, baseKeys);
  const minimum = part(checker, "minimum", given, minimumKeys);
  const shiftWork = part(checker, "shiftWork", given, shiftWorkKeys);
  const registers = readRegisters(checker, keys?.registers ?? []);
  const overagePerHourMinor = money.read(["billing", "overage"], keys?.overage);
  const standbyPerHourMinor = money.read(["billing", "standby"], keys?.standby);
  const overloadPerHourMinor = money.read(["billing", "overload"], keys?.overload);
  const faultCreditPerHourMinor = money.read(["billing", "faultCredit"], keys?.faultCredit);
  const baseMinor = money.read(["billing", "base", "amount"], base?.amount);
  const minimumMinor = money.read(["billing", "minimum", "amount"], minimum?.amount);
  if (keys === undefined) return undefined;
  const hasOverage = overagePerHourMinor !== undefined && Object.keys(included ?? {}).length > 0;
  if (given["rates"] === undefined && !hasOverage) {
    const path = ["billing", "rates"];
    const message = "is missing; without rates the billed hours need `included` and `overage`";
    checker.problems.add(checker.tree.keyAt(path), path, message);
  }
  const billing: Billing = {
    registers,
    included: withoutUndefined<IncludedHours>({
      perDayMs: included?.perDay,
      perWeekMs: included?.perWeek,
      per28DaysMs: included?.per28Days,
      perRentalMs: included?.perRental,
    }),
    rates,
    ...withoutUndefined<Partial<Billing>>({
      overagePerHourMinor,
      base: base && baseMinor !== undefined ? { amountMinor: baseMinor, per: base.per } : undefined,
      minimum: minimum && withoutUndefined({ hoursMs: minimum.hours, amountMinor: minimumMinor }),
      standbyPerHourMinor,
      overloadPerHourMinor,
      faultCreditPerHourMinor,
      shiftWork: shiftWork && {
        doubleAboveMs: shiftWork.double.above,
        doubleThousandths: Math.round(shiftWork.double.times * 1_000),
        tripleAboveMs: shiftWork.triple.above,
        tripleThousandths: Math.round(shiftWork.triple.times * 1_000),
      },
    }),
  };
  if (checker.problems.empty) warnOf(context, billing);
  return billing;
}

type YamlMap = Readonly<Record<string, unknown>>;

function asMap(value: unknown): YamlMap {
  return typeof value === "object" && value !== null ? (value as YamlMap) : {};
}

/** A part of `billing` that may be absent. */
function part<Keys>(
  checker: Checker,
  key: string,
  billing: YamlMap,
  wanted: Schema<Keys>,
): Keys | undefined {
  const value = billing[key];
  return value === undefined ? undefined : check(checker, ["billing", key], value, wanted);
}

function withoutUndefined<Whole>(
  members: { [Key in keyof Whole]?: Whole[Key] | undefined },
): Whole {
  return Object.fromEntries(
    Object.entries(members).filter(([, member]) => member !== undefined),
  ) as Whole;
}

function readRegisters({ tree, problems }: Checker, names: readonly string[]): RegisterName[] {
  const registers: RegisterName[] = [];
  for (const [index, name] of names.entries()) {
    const path = ["billing", "registers", index];
    const register = REGISTER_NAMES.find((known) => known === name);
    const say = (message: string | (() => string)) => problems.add(tree.at(path), path, message);
    if (register === undefined) {
      say(() => `unknown register "${name}"${didYouMean(name, REGISTER_NAMES)}`);
    } else if (isCount(register)) {
      say(`${register} counts events; only registers of time can be billed by the hour`);
    } else if (register === "unknown") {
      say("whether UNKNOWN time is billed stands at `unknown:`, not here");
    } else if (registers.includes(register)) {
      say(`${register} stands there twice`);
    } else {
      registers.push(register);
    }
  }
  return registers;
}

function readRates(context: BillingContext, section: unknown): Rate[] {
  const { checker, shiftNames, money } = context;
  const { tree, problems } = checker;
  const rates: Rate[] = [];
  const names = new Set<string>();
  for (const [index, value] of (Array.isArray(section) ? section : []).entries()) {
    const path = ["billing", "rates", index];
    const keys = check(checker, path, value, rateKeys);
    if (keys === undefined) continue;
    if (names.has(keys.name)) {
      const namePath = [...path, "name"];
      problems.add(tree.at(namePath), namePath, `another rate is called "${keys.name}" already`);
    }
    names.add(keys.name);
    for (const [at, shift] of (keys.shifts ?? []).entries()) {
      if (shiftNames.includes(shift)) continue;
      const shiftPath = [...path, "shifts", at];
      const unknown = () => `unknown shift "${shift}"${didYouMean(shift, shiftNames)}`;
      problems.add(tree.at(shiftPath), shiftPath, unknown);
    }
    const perHourMinor = money.read([...path, "perHour"], keys.perHour);
    if (perHourMinor === undefined) continue;
    const { name, states, modes, shifts: named } = keys;
    const fits = withoutUndefined<Partial<Rate>>({ states, modes, shifts: named });
    rates.push({ name, ...fits, perHourMinor });
  }
  return rates;
}

/** Time outside all shifts. */
const OUTSIDE = "";

function warnOf(context: BillingContext, billing: Billing): void {
  const { tree, problems } = context.warnings;
  const warn = (path: Path, message: string) => problems.add(tree.keyAt(path), path, message);
  const { included, overagePerHourMinor, rates, shiftWork, minimum } = billing;
  // Hours that are missing to the minimum cost the lowest rate.
  if (minimum?.hoursMs !== undefined && !rates.some(isPriced)) {
    warn(["billing", "minimum"], "its hours cost nothing: there is no rate above 0");
  } else if (minimum?.hoursMs !== undefined && !rates.every(isPriced)) {
    warn(["billing", "minimum"], "its hours cost nothing: they cost the lowest rate, which is 0");
  }
  if (overagePerHourMinor === undefined) {
    warnOfRates(context, billing);
  } else if (Object.keys(included).length === 0) {
    warn(["billing", "overage"], "never applies: no hours are included");
    warnOfRates(context, billing);
  } else if (rates.length > 0 || shiftWork) {
    const path = ["billing", rates.length > 0 ? "rates" : "shiftWork"];
    warn(path, "never applies: each hour is an included one or costs `overage`");
  }
}

function isPriced({ perHourMinor }: Rate): boolean {
  return perHourMinor > 0;
}

function warnOfRates({ warnings, shiftNames }: BillingContext, billing: Billing): void {
  const { tree, problems } = warnings;
  const places = [...shiftNames, OUTSIDE];
  const open = new Set<string>();
  for (const state of billedStates(billing)) {
    for (const mode of OPERATING_MODES) {
      for (const place of places) open.add(`${state}/${mode}/${place}`);
    }
  }
  for (const [index, rate] of billing.rates.entries()) {
    const before = open.size;
    for (const state of rate.states ?? USAGE_STATES) {
      for (const mode of rate.modes ?? OPERATING_MODES) {
        for (const place of rate.shifts ?? places) open.delete(`${state}/${mode}/${place}`);
      }
    }
    if (open.size < before) continue;
    const path = ["billing", "rates", index];
    const why = "the rates above hold wherever it would, or its hours are not billed";
    problems.add(tree.at(path), path, `"${rate.name}" never applies: ${why}`);
  }
  const [first] = open;
  if (first === undefined) return;
  const path = ["billing", "rates"];
  const [state, mode, place] = first.split("/");
  const where = place === OUTSIDE ? "outside the shifts" : `in shift "${place}"`;
  const message = `no rate holds for ${state}, mode ${mode}, ${where}: such hours are free`;
  problems.add(tree.keyAt(path), path, message);
}

/** Overload and maintenance are counted in any state. */
function billedStates({ registers }: Billing): readonly string[] {
  if (registers.some((name) => name === "overload" || name === "maintenance")) return USAGE_STATES;
  return USAGE_STATES.filter((_, index) => registers.includes(STATE_REGISTERS[index]!));
}
