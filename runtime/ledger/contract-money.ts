// Amounts of a contract file, in minor units. They are read from the digits as they were written,
// so that no binary fraction gets into a bill.

import type { Checker } from "../schema/issues.ts";
import type { Path } from "../schema/problem.ts";
import type { Contract } from "./contract.ts";

/** Far above any machine's price, and far below where products lose a digit. */
const AMOUNT_MINOR_MAX = 1_000_000_000_000;

export class MoneyReader {
  readonly #checker: Checker;
  readonly #currency: Contract["currency"] | null;
  #askedForCurrency: boolean;

  /**
   * @param currency null where it is missing, or where it is wrong and that was said already.
   */
  constructor(
    checker: Checker,
    currency: Contract["currency"] | null,
    { currencyMissing }: { readonly currencyMissing: boolean },
  ) {
    this.#checker = checker;
    this.#currency = currency;
    this.#askedForCurrency = !currencyMissing;
  }

  /** Whether an amount has asked for a currency that is missing, or none is missing. */
  get askedForCurrency(): boolean {
    return this.#askedForCurrency;
  }

  /** Minor units, or undefined where there is no amount or a problem was listed. */
  read(path: Path, value: string | number | undefined): number | undefined {
    if (value === undefined) return undefined;
    const { tree, problems } = this.#checker;
    const currency = this.#currency;
    const written = typeof value === "string" ? value.trim() : (tree.written(path) ?? `${value}`);
    const say = (message: string) => problems.add(tree.at(path), path, message);
    const [, whole, fraction = ""] = /^(\d+)(?:\.(\d+))?$/.exec(written) ?? [];
    if (whole === undefined) {
      say(notAnAmount(written));
      return undefined;
    }
    if (currency === null) {
      if (!this.#askedForCurrency) {
        this.#askedForCurrency = true;
        say("has no currency; write one above, such as `currency: EUR`");
      }
      return undefined;
    }
    if (fraction.length > currency.decimals) {
      say(`${written} has ${decimals(fraction.length)}; ${currency.code} has ${currency.decimals}`);
      return undefined;
    }
    const minor = Number(whole + fraction.padEnd(currency.decimals, "0"));
    if (minor <= AMOUNT_MINOR_MAX) return minor;
    say(`${written} is more than any machine costs`);
    return undefined;
  }
}

function decimals(count: number): string {
  return `${count} ${count === 1 ? "decimal" : "decimals"}`;
}

function notAnAmount(written: string): string {
  const shown = `"${written.length > 40 ? `${written.slice(0, 40)}…` : written}"`;
  if (/^-\s*\d/.test(written)) return `${shown} is negative`;
  if (/^\d+,\d+$/.test(written)) {
    return `${shown} is not an amount; write a point: "${written.replace(",", ".")}"`;
  }
  const [amount] = /^\d+(\.\d+)?(?=\s*[A-Za-z€$£]+$)/.exec(written) ?? [];
  if (amount !== undefined) {
    return `${shown} is not an amount; the currency stands above, so write "${amount}"`;
  }
  return `${shown} is not an amount; write one such as "45.00"`;
}
