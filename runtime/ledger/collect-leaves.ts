// The leaves around a period, read page by page until their dates show where it begins and ends:
// what a leaf's own clock said may be wrong, so the ledger's index by time is only a first guess.

import { Fault } from "../signal/fault.ts";
import { type Dating, dateLeaves, type Listed } from "./dating.ts";
import { parseLeaf } from "./leaf.ts";
import { LEAVES_PER_ANSWER_MAX, type LedgerReader } from "./reader.ts";

/** Days of ticks before and after: clocks and recoveries there date the leaves at the ends. */
const MARGIN_LEAVES = 500;
/** As many as fit into the largest statement. */
const LEAVES_MAX = 150_000;

export class LeafWindow {
  readonly #reader: LedgerReader;
  #first: number;
  #texts: readonly string[] = [];
  #listed: readonly Listed[] = [];
  #datings: readonly Dating[] = [];

  private constructor(reader: LedgerReader, first: number) {
    this.#reader = reader;
    this.#first = first;
  }

  /** @param size leaves that a signed tree head covers: there is nothing beyond them. */
  static async around(
    reader: LedgerReader,
    size: number,
    from: number,
    to: number,
  ): Promise<LeafWindow> {
    const guess = Math.min(await reader.indexAt(from), size);
    const window = new LeafWindow(reader, Math.max(0, guess - MARGIN_LEAVES));
    const guessedEnd = Math.min(await reader.indexAt(to), size);
    await window.readOn(Math.min(size, Math.max(guess, guessedEnd) + MARGIN_LEAVES));
    while (window.#isOpenBefore(from)) await window.#readBack();
    while (window.#end < size && !window.#datings.some(({ utc }) => utc !== null && utc >= to)) {
      await window.readOn(Math.min(size, window.#end + MARGIN_LEAVES));
    }
    return window;
  }

  get listed(): readonly Listed[] {
    return this.#listed;
  }

  get datings(): readonly Dating[] {
    return this.#datings;
  }

  /** The last leaf before the period, else the first; the first after it, else the last. */
  ends(from: number, to: number): { readonly opening: number; readonly closing: number } {
    const dates = this.#datings.map(({ utc }) => utc);
    const first = dates[0] ?? null;
    const last = dates.at(-1) ?? null;
    if (first === null || last === null) {
      throw new Fault(
        "SETTING_INVALID",
        "No clock dates this ledger, so that nobody can say which of its hours lie in the period.",
        "give the controller a clock (NTP, GNSS), or let a witness cosign: both date it afterwards",
      );
    }
    const text = (utc: number) => new Date(utc).toISOString();
    if (last < from) {
      throw new Fault(
        "SETTING_INVALID",
        `The ledger ends at ${text(last)}, before the period begins at ${text(from)}.`,
        "choose an earlier period, or ask the running instance instead of a copy",
      );
    }
    if (first >= to) {
      throw new Fault(
        "SETTING_INVALID",
        `The ledger begins at ${text(first)}, after the period ends at ${text(to)}.`,
        "choose a later period",
      );
    }
    const before = dates.findLastIndex((utc) => utc !== null && utc < from);
    const after = dates.findIndex((utc) => utc !== null && utc >= to);
    return {
      opening: this.#first + Math.max(0, before),
      closing: this.#first + (after === -1 ? dates.length - 1 : after),
    };
  }

  texts(from: number, to: number): readonly string[] {
    return this.#texts.slice(from - this.#first, to - this.#first);
  }

  /** Reads until the window ends there. */
  async readOn(end: number): Promise<void> {
    const begin = this.#end;
    if (end <= begin) return;
    const texts = await this.#read(begin, end);
    this.#texts = [...this.#texts, ...texts];
    this.#listed = [...this.#listed, ...listedFrom(begin, texts)];
    this.#datings = dateLeaves(this.#listed);
  }

  /** Reads until the window begins there or before. */
  async readBackTo(first: number): Promise<void> {
    while (this.#first > first) await this.#readBack();
  }

  async #readBack(): Promise<void> {
    const first = Math.max(0, this.#first - MARGIN_LEAVES);
    const texts = await this.#read(first, this.#first);
    this.#first = first;
    this.#texts = [...texts, ...this.#texts];
    this.#listed = [...listedFrom(first, texts), ...this.#listed];
    this.#datings = dateLeaves(this.#listed);
  }

  get #end(): number {
    return this.#first + this.#texts.length;
  }

  /** The period may have begun before the first leaf that was read. */
  #isOpenBefore(from: number): boolean {
    const utc = this.#datings[0]?.utc ?? null;
    return this.#first > 0 && (utc === null || utc >= from);
  }

  async #read(from: number, to: number): Promise<readonly string[]> {
    if (to - this.#first > LEAVES_MAX) {
      throw new Fault(
        "SETTING_INVALID",
        `The period has more than ${LEAVES_MAX} leaves, and a statement would exceed its size.`,
        "divide the period: statements follow each other without a gap",
      );
    }
    const texts: string[] = [];
    while (from + texts.length < to) {
      const limit = Math.min(LEAVES_PER_ANSWER_MAX, to - from - texts.length);
      const page = await this.#reader.leaves(from + texts.length, limit);
      if (page.length === 0) throw unreadable(from + texts.length, "it is missing");
      texts.push(...page);
    }
    return texts;
  }
}

function listedFrom(first: number, texts: readonly string[]): readonly Listed[] {
  return texts.map((text, position) => listedLeaf(first + position, text));
}

/** @throws Fault where the text is no leaf. */
export function listedLeaf(index: number, text: string): Listed {
  const leaf = parseLeaf(text);
  if (typeof leaf === "string") throw unreadable(index, leaf);
  return { index, leaf };
}

function unreadable(index: number, why: string): Fault {
  return new Fault(
    "DATA_UNUSABLE",
    `Leaf ${index} of the ledger cannot be read: ${why}.`,
    "run `telltale ledger --verify`: it says what else is wrong with it",
  );
}
