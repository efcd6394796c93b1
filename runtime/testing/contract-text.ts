// Writes a contract as the text of a contract file, for tests that make contracts as values.

import type { Contract, Shift } from "../ledger/contract.ts";
import { DAYS } from "../ledger/contract-keys.ts";

/** JSON, which is YAML too. What `readContract` makes of it is the contract again. */
export function contractText(contract: Contract): string {
  const { parties, machine, billing, currency } = contract;
  const money = (minor: number | undefined) => amountText(minor, currency.decimals);
  const { base, minimum, shiftWork, included } = billing;
  const file = {
    contract: 1,
    id: contract.id,
    parties,
    machine,
    zone: contract.zone,
    shifts: Object.fromEntries(contract.shifts.map((shift) => [shift.name, shiftText(shift)])),
    currency: currency.code,
    billing: {
      registers: billing.registers,
      included: {
        perDay: durationText(included.perDayMs),
        perWeek: durationText(included.perWeekMs),
        per28Days: durationText(included.per28DaysMs),
        perRental: durationText(included.perRentalMs),
      },
      rates:
        billing.rates.length === 0
          ? undefined
          : billing.rates.map(({ perHourMinor, ...fits }) => ({
              ...fits,
              perHour: money(perHourMinor),
            })),
      overage: money(billing.overagePerHourMinor),
      base: base && { amount: money(base.amountMinor), per: base.per },
      minimum: minimum && {
        hours: durationText(minimum.hoursMs),
        amount: money(minimum.amountMinor),
      },
      standby: money(billing.standbyPerHourMinor),
      overload: money(billing.overloadPerHourMinor),
      faultCredit: money(billing.faultCreditPerHourMinor),
      shiftWork: shiftWork && {
        double: {
          above: durationText(shiftWork.doubleAboveMs),
          times: shiftWork.doubleThousandths / 1_000,
        },
        triple: {
          above: durationText(shiftWork.tripleAboveMs),
          times: shiftWork.tripleThousandths / 1_000,
        },
      },
    },
    rounding: { step: durationText(contract.rounding.stepMs), way: contract.rounding.way },
    unknown: contract.unknown,
    badlyTimed: contract.badlyTimed,
    substitutes: contract.substitutes,
    lossBound: durationText(contract.lossBoundMs),
    witnessAge: durationText(contract.witnessAgeMaxMs),
  };
  return `${JSON.stringify(file, null, 2)}\n`;
}

function shiftText({ fromMinute, toMinute, days }: Shift) {
  return {
    from: timeText(fromMinute),
    to: timeText(toMinute),
    days: days.map((day) => DAYS[day - 1]),
  };
}

function timeText(minutes: number): string {
  const hours = String(Math.floor(minutes / 60)).padStart(2, "0");
  return `${hours}:${String(minutes % 60).padStart(2, "0")}`;
}

function durationText(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : `${ms}ms`;
}

function amountText(minor: number | undefined, decimals: number): string | undefined {
  if (minor === undefined) return undefined;
  const digits = String(minor).padStart(decimals + 1, "0");
  if (decimals === 0) return digits;
  return `${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`;
}
