// A contract as its file says it, for tests that make contracts: YAML, of which JSON is a part.

import type { Contract, Party } from "../ledger/contract.ts";

const DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

export function contractText(contract: Contract): string {
  const { billing, currency, machine, parties, rounding } = contract;
  const money = (minor: number | undefined) =>
    minor === undefined ? undefined : amountText(minor, currency.decimals);
  const time = (ms: number | undefined) => (ms === undefined ? undefined : `${ms}ms`);
  const { included, base, minimum, shiftWork } = billing;
  const file = {
    contract: 1,
    id: contract.id,
    parties: Object.fromEntries(
      Object.entries(parties).map(([role, party]) => [role, party satisfies Party]),
    ),
    machine,
    zone: contract.zone,
    shifts: Object.fromEntries(
      contract.shifts.map(({ name, fromMinute, toMinute, days }) => {
        const named = days.map((day) => DAYS[day - 1]);
        return [name, { from: clock(fromMinute), to: clock(toMinute), days: named }];
      }),
    ),
    currency: currency.code,
    billing: {
      registers: billing.registers,
      included: {
        perDay: time(included.perDayMs),
        perWeek: time(included.perWeekMs),
        per28Days: time(included.per28DaysMs),
        perRental: time(included.perRentalMs),
      },
      rates: billing.rates.map(({ perHourMinor, ...rate }) => {
        return { ...rate, perHour: money(perHourMinor) };
      }),
      overage: money(billing.overagePerHourMinor),
      base: base && { amount: money(base.amountMinor), per: base.per },
      minimum: minimum && { hours: time(minimum.hoursMs), amount: money(minimum.amountMinor) },
      standby: money(billing.standbyPerHourMinor),
      overload: money(billing.overloadPerHourMinor),
      faultCredit: money(billing.faultCreditPerHourMinor),
      shiftWork: shiftWork && {
        double: {
          above: time(shiftWork.doubleAboveMs),
          times: shiftWork.doubleThousandths / 1_000,
        },
        triple: {
          above: time(shiftWork.tripleAboveMs),
          times: shiftWork.tripleThousandths / 1_000,
        },
      },
    },
    rounding: { step: time(rounding.stepMs), way: rounding.way },
    unknown: contract.unknown,
    badlyTimed: contract.badlyTimed,
    substitutes: contract.substitutes,
    lossBound: time(contract.lossBoundMs),
    witnessAge: time(contract.witnessAgeMaxMs),
  };
  return `${JSON.stringify(file, null, 2)}\n`;
}

function amountText(minor: number, decimals: number): string {
  const digits = String(minor).padStart(decimals + 1, "0");
  const whole = digits.slice(0, digits.length - decimals);
  return decimals === 0 ? whole : `${whole}.${digits.slice(-decimals)}`;
}

function clock(minutes: number): string {
  const of = (value: number) => String(value).padStart(2, "0");
  return `${of(Math.floor(minutes / 60))}:${of(minutes % 60)}`;
}
