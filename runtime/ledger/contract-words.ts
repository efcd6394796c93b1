// What a contract amounts to, in words that both parties can read before they sign: who, what is
// billed, at which price, when.

import { REGISTER_NAMES, USAGE_STATES } from "../usage/usage-state.ts";
import { durationText, moneyText } from "./amounts.ts";
import { type Contract, PARTY_ROLES, type Party, type Rate, type Shift } from "./contract.ts";
import { DAYS } from "./contract-keys.ts";
import { timeOfDay } from "./contract-shifts.ts";

export interface ContractWord {
  readonly about: string;
  readonly says: string;
}

export function describeContract(contract: Contract): readonly ContractWord[] {
  const { parties, machine, zone, rounding } = contract;
  const lines: ContractWord[] = [];
  const say = (about: string, says: string) => lines.push({ about, says });
  for (const role of PARTY_ROLES) {
    const party = parties[role];
    if (party) say(role, partyText(party));
  }
  const { maker, model, serialNumber, controller } = machine;
  say("machine", `${maker} ${model}, serial number ${serialNumber}; controller ${controller}`);
  if (machine.configurations.length > 0 || machine.software.length > 0) {
    const { software, configurations } = machine;
    say(
      "approved",
      `metering code: ${listed(software)}; configurations: ${listed(configurations)}`,
    );
  }
  say("zone", zone);
  for (const shift of contract.shifts) say("shift", shiftText(shift));
  lines.push(...billingWords(contract));
  const { stepMs, way } = rounding;
  const rounded = way === "nearest" ? "to the nearest" : `${way} to`;
  say("rounding", `hours of a line ${rounded} ${durationText(stepMs)}; amounts half to even`);
  say("unknown", contract.unknown === "free" ? "not billed" : `billed as ${contract.unknown}`);
  say(
    "badly timed",
    contract.badlyTimed === "cheapest"
      ? "hours whose day or shift is not sure: at the cheapest rate that is possible"
      : "hours whose day or shift is not sure: as they are dated",
  );
  say("substitutes", `hours that only the machine's own register knows: ${contract.substitutes}`);
  say("loss bound", `${durationText(contract.lossBoundMs)}; more needs the assent of both`);
  say("witnesses", `the last look of each at most ${durationText(contract.witnessAgeMaxMs)} old`);
  return lines;
}

function partyText({ name, keys, witness }: Party): string {
  const names = keys.map((key) => key.split("+", 2).join("+")).join(" or ");
  return `${name}, signs as ${names}, ${witness ? "with a witness" : "without a witness"}`;
}

function listed(hashes: readonly string[]): string {
  return hashes.map((hash) => `${hash.slice(0, 8)}…`).join(", ") || "any";
}

function shiftText({ name, fromMinute, toMinute, days }: Shift): string {
  const [first, last] = [days[0]!, days.at(-1)!];
  const isRun = days.length > 2 && last - first === days.length - 1;
  const names = isRun
    ? `${DAYS[first - 1]} to ${DAYS[last - 1]}`
    : days.map((day) => DAYS[day - 1]).join(", ");
  return `${name}: ${timeOfDay(fromMinute)} to ${timeOfDay(toMinute)}, ${names}`;
}

const PIECES = { day: "day", week: "week", "28-days": "28 days" } as const;

function billingWords({ billing, currency }: Contract): readonly ContractWord[] {
  const lines: ContractWord[] = [];
  const say = (about: string, says: string) => lines.push({ about, says });
  const money = (minor: number) => moneyText(minor, currency);
  const perHour = (about: string, minor: number | undefined, what: string) => {
    if (minor !== undefined) say(about, `${money(minor)} ${what}`);
  };
  say("billed", `time in ${billing.registers.map(registerText).join(" and ")}`);
  if (billing.base) {
    const { amountMinor, per } = billing.base;
    say("base", `${money(amountMinor)} for each ${PIECES[per]} of the hire that was begun`);
  }
  const { perDayMs, perWeekMs, per28DaysMs, perRentalMs } = billing.included;
  const included = [
    perDayMs !== undefined && `${durationText(perDayMs)} a day`,
    perWeekMs !== undefined && `${durationText(perWeekMs)} a week`,
    per28DaysMs !== undefined && `${durationText(per28DaysMs)} each 28 days`,
    perRentalMs !== undefined && `${durationText(perRentalMs)} over the hire`,
  ].filter((text) => text !== false);
  const hasIncluded = included.length > 0;
  if (hasIncluded) {
    say("included", `${included.join(", ")}; hours beyond any of these are billed`);
  }
  if (hasIncluded && billing.overagePerHourMinor !== undefined) {
    perHour("overage", billing.overagePerHourMinor, "for each hour beyond the included ones");
  } else {
    for (const rate of billing.rates) say("rate", rateText(rate, money(rate.perHourMinor)));
  }
  if (billing.shiftWork) {
    const { doubleAboveMs, doubleThousandths, tripleAboveMs, tripleThousandths } =
      billing.shiftWork;
    const tier = (aboveMs: number, thousandths: number) =>
      `beyond ${durationText(aboveMs)} a week ${thousandths / 1_000} times the rate`;
    const tiers = [tier(doubleAboveMs, doubleThousandths), tier(tripleAboveMs, tripleThousandths)];
    say("shift work", tiers.join(", "));
  }
  if (billing.minimum) {
    const { hoursMs, amountMinor } = billing.minimum;
    const parts = [
      hoursMs !== undefined && durationText(hoursMs),
      amountMinor !== undefined && money(amountMinor),
    ].filter((text) => text !== false);
    say("minimum", `${parts.join(" and ")} for the hire`);
  }
  perHour("standby", billing.standbyPerHourMinor, "for each hour of a standby call");
  perHour("overload", billing.overloadPerHourMinor, "more for each hour in overload");
  perHour("credit", billing.faultCreditPerHourMinor, "taken off for each hour in FAULT");
  return lines;
}

/** `working` is counted in the state WORKING; overload and maintenance lie across the states. */
function registerText(name: string): string {
  return (
    USAGE_STATES.find((state) => state.toLowerCase() === name) ??
    REGISTER_NAMES.find((register) => register === name) ??
    name
  );
}

function rateText({ name, states, modes, shifts }: Rate, amount: string): string {
  const fits = [
    states && `in ${states.join(" or ")}`,
    modes && `in mode ${modes.join(" or ")}`,
    shifts && `in shift ${shifts.join(" or ")}`,
  ].filter((text) => text !== undefined);
  return `${name}: ${amount} an hour${fits.length > 0 ? `, ${fits.join(", ")}` : ""}`;
}
