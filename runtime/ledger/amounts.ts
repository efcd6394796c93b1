// Money and hours of a line in exact integers, and the words in which a person can compute them
// again with a pocket calculator. A quantity is rounded as the contract says; an amount once, to
// its minor unit, half to even.

import type { Contract } from "./contract.ts";
import type { StatementLine } from "./statement.ts";

export const HOUR_MS = 3_600_000;
/** Hours that are a multiple of this have two decimals and no more. */
const CENTIHOUR_MS = HOUR_MS / 100;
/** A price as it is, where something multiplies it by thousandths. */
export const THOUSANDTHS = 1_000;

/** A quotient rounded to the nearest integer, from the middle to the even one. */
function halfEven(dividend: bigint, divisor: bigint): bigint {
  const isNegative = dividend < 0n;
  const absolute = isNegative ? -dividend : dividend;
  const whole = absolute / divisor;
  const twice = (absolute % divisor) * 2n;
  const isUp = twice > divisor || (twice === divisor && whole % 2n === 1n);
  const rounded = isUp ? whole + 1n : whole;
  return isNegative ? -rounded : rounded;
}

/** Milliseconds as the contract rounds them; from the middle of two steps to the even one. */
function roundMs(ms: number, { stepMs, way }: Contract["rounding"]): number {
  if (stepMs <= 1) return ms;
  const step = BigInt(stepMs);
  const exact = BigInt(ms);
  if (way === "nearest") return Number(halfEven(exact, step) * step);
  const down = (exact / step) * step;
  return Number(way === "up" && down < exact ? down + step : down);
}

type Terms = Pick<Contract, "rounding" | "currency">;

/** Hours at a price, in thousandths of it where shifts make it dearer. */
export function hourLine(
  { rounding, currency }: Terms,
  line: {
    readonly id: string;
    readonly text: string;
    readonly ms: number;
    readonly rateMinor: number;
    readonly thousandths?: number;
  },
): StatementLine {
  const { id, text, ms, rateMinor, thousandths = THOUSANDTHS } = line;
  const quantity = roundMs(ms, rounding);
  const dividend = BigInt(quantity) * BigInt(rateMinor) * BigInt(thousandths);
  const divisor = BigInt(HOUR_MS) * BigInt(THOUSANDTHS);
  const amount = halfEven(dividend, divisor);
  const hours =
    quantity % CENTIHOUR_MS === 0
      ? `${decimal(BigInt(quantity / CENTIHOUR_MS), 2)} h`
      : `${decimal(BigInt(quantity), 3)} s / 3600 s/h`;
  const factor = thousandths === THOUSANDTHS ? "" : ` × ${decimal(BigInt(thousandths), 3)}`;
  const product = `${hours} × ${moneyText(rateMinor, currency)}/h${factor}`;
  const isRounded = ms !== quantity;
  const start = isRounded ? `${durationText(ms)} ${wayText(rounding)}: ` : "";
  const result = resultText(dividend, divisor, amount, currency);
  return {
    id,
    text,
    quantity,
    unit: "ms",
    rateMinor,
    formula: `${start}${product} = ${result}`,
    amountMinor: Number(amount),
  };
}

/** What follows a number of them, one or many. */
const PIECE_WORDS = { ms: " ms", day: " d", week: " wk", "28-days": " × 28 d", once: "" } as const;

/** Pieces at a price: nothing to round. */
export function pieceLine(
  { currency }: Terms,
  line: Pick<StatementLine, "id" | "text" | "quantity" | "unit" | "rateMinor"> & {
    readonly why?: string;
  },
): StatementLine {
  const { why, ...rest } = line;
  const { quantity, unit, rateMinor } = rest;
  const amount = BigInt(quantity) * BigInt(rateMinor);
  const product = `${quantity}${PIECE_WORDS[unit]} × ${moneyText(rateMinor, currency)}`;
  const formula = `${why ?? product} = ${moneyText(Number(amount), currency)}`;
  return { ...rest, formula, amountMinor: Number(amount) };
}

function wayText({ stepMs, way }: Contract["rounding"]): string {
  const words = { down: "down to", nearest: "to the nearest", up: "up to" } as const;
  return `rounded ${words[way]} ${way === "nearest" ? "" : "full "}${durationText(stepMs)}`;
}

/** The amount, and before it what was rounded, to four decimals more. */
function resultText(
  dividend: bigint,
  divisor: bigint,
  amount: bigint,
  currency: Contract["currency"],
): string {
  const rounded = moneyText(Number(amount), currency);
  if (dividend % divisor === 0n) return rounded;
  const finer = 10_000n;
  const exact = decimal((dividend * finer) / divisor, currency.decimals + 4);
  const dots = (dividend * finer) % divisor === 0n ? "" : "…";
  return `${exact}${dots}, half to even ${rounded}`;
}

/** `1406.25 EUR`, without separators, as a pocket calculator shows it. */
export function moneyText(minor: number, { code, decimals }: Contract["currency"]): string {
  return `${decimal(BigInt(minor), decimals)} ${code}`;
}

function decimal(value: bigint, decimals: number): string {
  const digits = String(value < 0n ? -value : value).padStart(decimals + 1, "0");
  const sign = value < 0n ? "-" : "";
  if (decimals === 0) return `${sign}${digits}`;
  return `${sign}${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`;
}

/** `31 h 12 min 5.25 s`, exactly. */
export function durationText(ms: number): string {
  const hours = Math.floor(ms / HOUR_MS);
  const minutes = Math.floor((ms % HOUR_MS) / 60_000);
  const rest = ms % 60_000;
  const seconds = rest % 1_000 === 0 ? `${rest / 1_000}` : decimal(BigInt(rest), 3);
  const parts = [
    ...(hours > 0 ? [`${hours} h`] : []),
    ...(minutes > 0 ? [`${minutes} min`] : []),
    ...(rest > 0 ? [`${seconds} s`] : []),
  ];
  return parts.join(" ") || "0 h";
}
