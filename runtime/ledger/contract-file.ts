// From the text of a contract file (YAML) to a checked contract, or to all that is wrong with it at
// once, each with its line and column. Pure: a verifier's browser page reads contracts with it too.

import { type Checker, check } from "../schema/issues.ts";
import { type Problem, ProblemList } from "../schema/problem.ts";
import { closest } from "../schema/suggest.ts";
import { type FileWords, readYaml } from "../schema/yaml-tree.ts";
import { sha256Hex, utf8 } from "./bytes.ts";
import { type Contract, PARTY_ROLES, type Party, type PartyRole } from "./contract.ts";
import { readBilling } from "./contract-billing.ts";
import {
  CONTRACT_BYTES_MAX,
  contractKeys,
  machineKeys,
  partiesKeys,
  partyKeys,
  roundingKeys,
} from "./contract-keys.ts";
import { MoneyReader } from "./contract-money.ts";
import { checkZone, readShifts } from "./contract-shifts.ts";
import { CURRENCY_CODES, currencyDecimals } from "./currencies.ts";
import { type KeyKind, parseVerifierKey, sameKey, type VerifierKey } from "./keys.ts";

export type ReadContract =
  | { readonly contract: Contract; readonly warnings: readonly Problem[] }
  | { readonly problems: readonly Problem[] };

export interface ReadContractOptions {
  /**
   * False where a statement brings the zone's offsets along: its verifier may have older time-zone
   * data than whoever wrote the contract.
   */
  readonly zoneMustBeKnown?: boolean;
}

const WORDS: FileWords = {
  kind: "contract file",
  subject: "one contract",
  command: "telltale contract new",
};

/** SHA-256 of the contract's bytes, hexadecimal: what instructions and statements name it by. */
export function contractHash(text: string): string {
  return sha256Hex(text);
}

export function readContract(
  text: string,
  fileName: string,
  { zoneMustBeKnown = true }: ReadContractOptions = {},
): ReadContract {
  const problems = new ProblemList(fileName);
  const start = { line: 0, column: 0 };
  // A character has at least one byte: a text that is far too long is not even counted.
  if (text.length > CONTRACT_BYTES_MAX || utf8(text).length > CONTRACT_BYTES_MAX) {
    problems.add(start, [], `has more than ${CONTRACT_BYTES_MAX} bytes; no contract needs so many`);
    return { problems: problems.sorted() };
  }
  const tree = readYaml(text, problems, WORDS);
  if (tree === null) return { problems: problems.sorted() };
  const { value } = tree;
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    problems.add(tree.at([]), [], "this is no contract file; it begins with `contract: 1`");
    return { problems: problems.sorted() };
  }
  const checker: Checker = { tree, problems };
  const warnings: Checker = { tree, problems: new ProblemList(fileName) };
  const contract = assemble(checker, warnings, value as YamlMap, zoneMustBeKnown);
  if (contract === null) return { problems: problems.sorted() };
  return { contract, warnings: warnings.problems.sorted() };
}

type YamlMap = Readonly<Record<string, unknown>>;

/**
 * Goes on after problems wherever something is left to check; null where there was at least one.
 */
function assemble(
  checker: Checker,
  warnings: Checker,
  file: YamlMap,
  zoneMustBeKnown: boolean,
): Contract | null {
  const keys = check(checker, [], file, contractKeys);
  const { zone, currency: code } = file;
  if (typeof zone === "string" && zoneMustBeKnown) checkZone(checker, zone);
  const { shifts, names: shiftNames } = readShifts(checker, file["shifts"]);
  const currency = typeof code === "string" ? readCurrency(checker, code) : null;
  const money = new MoneyReader(checker, currency, { currencyMissing: code === undefined });
  const context = { checker, warnings, shiftNames, money };
  const billing = defined(file["billing"], (value) => readBilling(context, value));
  const rounding = check(checker, ["rounding"], file["rounding"] ?? {}, roundingKeys);
  const owners: KeyOwner[] = [];
  const machine = readMachine(checker, warnings, owners, file["machine"]);
  const parties = readParties(checker, owners, file["parties"]);
  if (!money.askedForCurrency) {
    checker.problems.add(checker.tree.keyAt(["currency"]), ["currency"], "is missing");
  }
  if (!checker.problems.empty || !keys || !billing || !rounding || !machine || !currency) {
    return null;
  }
  return {
    version: 1,
    id: keys.id,
    parties: parties as Contract["parties"],
    machine,
    zone: keys.zone,
    shifts,
    billing,
    rounding: { stepMs: rounding.step, way: rounding.way },
    currency,
    unknown: keys.unknown,
    badlyTimed: keys.badlyTimed,
    substitutes: keys.substitutes,
    lossBoundMs: keys.lossBound,
    witnessAgeMaxMs: keys.witnessAge,
  };
}

function defined<Value>(
  value: unknown,
  read: (value: unknown) => Value | undefined,
): Value | undefined {
  return value === undefined ? undefined : read(value);
}

function readCurrency({ tree, problems }: Checker, code: string): Contract["currency"] | null {
  const decimals = currencyDecimals(code);
  if (decimals !== undefined) return { code, decimals };
  const guess = closest(code, CURRENCY_CODES);
  // Codes are three letters: a guess that differs by more than their case would be any other.
  const hint =
    guess?.toLowerCase() === code.toLowerCase() ? `; did you mean "${guess}"?` : ", such as EUR";
  problems.add(tree.at(["currency"]), ["currency"], `"${code}" is no currency of ISO 4217${hint}`);
  return null;
}

/** Whose key it is, so that nobody stands on two sides. */
interface KeyOwner {
  readonly key: VerifierKey;
  readonly whose: string;
}

function readMachine(
  checker: Checker,
  warnings: Checker,
  owners: KeyOwner[],
  section: unknown,
): Contract["machine"] | undefined {
  if (section === undefined) return undefined;
  const keys = check(checker, ["machine"], section, machineKeys);
  const text = (section as YamlMap | null)?.["key"];
  const path = ["machine", "key"];
  const key = typeof text === "string" && readKey(checker, path, text, "signature");
  if (!keys || !key) return undefined;
  owners.push({ key, whose: "the machine's" });
  const origin = `telltale/usage/${keys.controller}`;
  if (key.name !== origin) {
    const message = `is called "${key.name}", not "${origin}": is it this controller's key?`;
    warnings.problems.add(warnings.tree.at(path), path, message);
  }
  return keys;
}

function readParties(
  checker: Checker,
  owners: KeyOwner[],
  section: unknown,
): { readonly [Role in PartyRole]?: Party } {
  const parties: { [Role in PartyRole]?: Party } = {};
  if (section === undefined) return parties;
  check(checker, ["parties"], section, partiesKeys);
  for (const role of PARTY_ROLES) {
    const value = (section as YamlMap | null)?.[role];
    if (value === undefined) continue;
    const path = ["parties", role];
    const keys = check(checker, path, value, partyKeys);
    if (keys === undefined) continue;
    for (const [index, text] of keys.keys.entries()) {
      const keyPath = [...path, "keys", index];
      const key = readKey(checker, keyPath, text, "signature");
      if (key) own(checker, owners, keyPath, { key, whose: `the ${role}'s` });
    }
    const { witness, ...rest } = keys;
    if (witness !== undefined) {
      const keyPath = [...path, "witness"];
      const key = readKey(checker, keyPath, witness, "cosignature");
      if (key) own(checker, owners, keyPath, { key, whose: `the ${role}'s` });
    }
    parties[role] = witness === undefined ? rest : { ...rest, witness };
  }
  return parties;
}

function readKey(
  { tree, problems }: Checker,
  path: readonly (string | number)[],
  text: string,
  kind: KeyKind,
): VerifierKey | undefined {
  const key = parseVerifierKey(text);
  if (typeof key === "string") {
    problems.add(tree.at(path), path, `"${shortened(text)}" ${key}`);
    return undefined;
  }
  if (key.kind === kind) return key;
  const message =
    kind === "signature"
      ? "is a witness's cosignature key; here stands the key that signs"
      : "is a signing key; a witness's is the cosignature key that `telltale key show` prints";
  problems.add(tree.at(path), path, `"${shortened(text)}" ${message}`);
  return undefined;
}

function shortened(text: string): string {
  return text.length > 50 ? `${text.slice(0, 46)}…` : text;
}

/** One key on two sides would let one party sign for both. */
function own(
  { tree, problems }: Checker,
  owners: KeyOwner[],
  path: readonly (string | number)[],
  owner: KeyOwner,
): void {
  const other = owners.find(
    ({ key, whose }) =>
      sameKey(key, owner.key) && (whose !== owner.whose || key.kind === owner.key.kind),
  );
  if (other !== undefined) {
    problems.add(tree.at(path), path, `is ${other.whose} key already`);
  }
  owners.push(owner);
}
