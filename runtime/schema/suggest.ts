// "Did you mean": finds the word that was probably meant, or none. A wrong guess sends people the
// wrong way, so short words must match but for their case.

import leven from "leven";
import { UNITS } from "../signal/units.ts";

/** A longer word is no slip of the fingers, and the distance costs the product of both lengths. */
const WORD_LENGTH_MAX = 64;

/** The candidate that differs least: first but for its case, then by few letters. */
export function closest(word: string, candidates: readonly string[]): string | undefined {
  if (word.length > WORD_LENGTH_MAX) return undefined;
  const lower = word.toLowerCase();
  const distanceMax = lower.length < 3 ? 0 : Math.max(1, Math.floor(lower.length / 3));
  let best: string | undefined;
  let bestDistance = distanceMax + 1;
  for (const candidate of candidates) {
    const candidateLower = candidate.toLowerCase();
    if (candidateLower === lower) return candidate;
    const distance = leven(lower, candidateLower, { maxDistance: bestDistance });
    if (distance >= bestDistance) continue;
    best = candidate;
    bestDistance = distance;
  }
  return best ?? candidates.find((candidate) => isKin(lower, candidate.toLowerCase()));
}

/** The same letters in another order (`tpc`), or a word cut short (`out-of-spec`). */
function isKin(word: string, candidate: string): boolean {
  if (word.length < 3) return false;
  return candidate.startsWith(word) || sortedLetters(word) === sortedLetters(candidate);
}

function sortedLetters(word: string): string {
  return [...word].sort().join("");
}

/** `; did you mean "flow"?` or nothing. */
export function didYouMean(word: string, candidates: readonly string[]): string {
  const candidate = closest(word, candidates);
  return candidate === undefined ? "" : `; did you mean "${candidate}"?`;
}

/** What people write for a unit and UCUM does not, beyond symbols and names. */
const SPOKEN_UNITS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    c: "Cel",
    degc: "Cel",
    celsius: "Cel",
    f: "[degF]",
    degf: "[degF]",
    lpm: "L/min",
    cbm: "m3",
    "m/s^2": "m/s2",
    "1/min": "/min",
    g: "[g]",
    sec: "s",
    hour: "h",
    hours: "h",
    days: "d",
    none: "1",
  }),
);

export function unknownUnit(word: string): string {
  const lower = word.toLowerCase();
  const byCase = Object.keys(UNITS).find((code) => code.toLowerCase() === lower);
  const bySymbol = Object.entries(UNITS).find(
    ([, unit]) => unit.symbol.toLowerCase() === lower || unit.name.toLowerCase() === lower,
  );
  const candidate =
    byCase ?? bySymbol?.[0] ?? SPOKEN_UNITS.get(lower) ?? closest(word, Object.keys(UNITS));
  if (candidate !== undefined) return `unknown unit "${word}"; did you mean "${candidate}"?`;
  return `unknown unit "${word}"; \`telltale schema\` lists the UCUM codes that are known`;
}
