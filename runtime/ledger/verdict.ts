// The answer about a statement: each check by name, and for whatever is not in order which record
// it is, what was expected, what was found, and what that means for the bill.

export const CHECK_NAMES = [
  "not a statement",
  "signature",
  "replaced key",
  "another device",
  "contract",
  "inclusion",
  "fork",
  "chain gap",
  "segment break",
  "regression",
  "conservation",
  "time regression",
  "boot reuse",
  "from the future",
  "unapproved configuration",
  "unknown software",
  "tariff mismatch",
  "loss bound exceeded",
  "unwitnessed",
  "stale witness",
] as const;
export type CheckName = (typeof CHECK_NAMES)[number];

/** What an answer is about; what does not apply is left out. */
export interface Place {
  /** Index in the ledger. */
  readonly leaf?: number;
  /** A line of the bill, by its id. */
  readonly line?: string;
  /** Path in the statement's file or in the leaf. */
  readonly field?: string;
}

export interface Answer {
  readonly check: CheckName;
  readonly verdict: "ok" | "failed" | "warning" | "not-checked";
  readonly where?: Place;
  readonly expected?: string;
  readonly found?: string;
  /** For the bill, in one sentence. */
  readonly means: string;
}

/** What an answer says beside its check. */
export interface Told {
  readonly where?: Place;
  readonly expected?: string;
  readonly found?: string;
  readonly means?: string;
}

/** One broken record breaks many rules after it: the first few tell where to look. */
const ANSWERS_PER_CHECK_MAX = 5;
/** A value from the file is shown as far as it fits a few lines of a terminal. In characters. */
const SHOWN_LENGTH_MAX = 300;

interface Meaning {
  readonly ok: string;
  readonly failed: string;
}

const MEANINGS: Readonly<Record<CheckName, Meaning>> = {
  "not a statement": {
    ok: "The file is a whole statement in the only form that it can have.",
    failed: "Nothing can be billed from this file; ask for the statement again.",
  },
  signature: {
    ok: "Every tree head is signed by the machine's key, and cosigned only by known witnesses.",
    failed: "Somebody else may have written these hours; do not pay from this file.",
  },
  "replaced key": {
    ok: "The machine signed with the key that you expect.",
    failed: "Whoever holds this other key can have written any hours; do not pay from this file.",
  },
  "another device": {
    ok: "Every record is of the controller that the contract names.",
    failed: "These hours are of another machine than the contract's; do not pay from this file.",
  },
  contract: {
    ok: "Lessor and lessee signed the contract, and the instructions on the ledger are under it.",
    failed: "The prices or the hire are not the ones that both parties signed.",
  },
  inclusion: {
    ok: "All records are in the tree that the machine signed.",
    failed: "Records are not those that the machine signed; the hours cannot be trusted.",
  },
  fork: {
    ok: "All tree heads belong to one and the same ledger.",
    failed: "The controller has shown different histories; settle with both parties' copies.",
  },
  "chain gap": {
    ok: "No record is missing between the first and the last.",
    failed: "Records were removed, added or edited; the hours between cannot be trusted.",
  },
  "segment break": {
    ok: "The ledger is in one piece since its beginning.",
    failed: "The ledger does not say truly how it goes on from an earlier one.",
  },
  regression: {
    ok: "No register ever ran backwards.",
    failed: "Hours were taken back; the differences of the registers are no bill.",
  },
  conservation: {
    ok: "Every observed millisecond stands in exactly one register.",
    failed: "Hours were counted that did not pass, or passed and were not counted.",
  },
  "time regression": {
    ok: "Time never runs backwards, and no unexplained step of the wall clock moved hours.",
    failed: "Hours may stand on the wrong day or shift; bill by day and shift only after assent.",
  },
  "boot reuse": {
    ok: "Every start of the controller stands on the ledger once.",
    failed: "An old copy of the controller has counted on; hours may be missing or double.",
  },
  "from the future": {
    ok: "Nothing in the statement is dated later than now.",
    failed: "A clock was wrong when this was made, or the period is not over: this is no bill yet.",
  },
  "unapproved configuration": {
    ok: "Hours were counted only by configurations that both parties approved.",
    failed: "Thresholds may have been changed to count more or fewer hours; both have to assent.",
  },
  "unknown software": {
    ok: "Hours were counted only by metering code that both parties approved.",
    failed: "Other code than the agreed one has counted these hours; both have to assent.",
  },
  "tariff mismatch": {
    ok: "Every figure and amount follows from the records and the contract, to the last unit.",
    failed: "The amounts do not follow from the records and the contract; compute them again.",
  },
  "loss bound exceeded": {
    ok: "Power cuts took at most what the contract allows.",
    failed: "More hours may be missing than the contract allows without both parties' assent.",
  },
  unwitnessed: {
    ok: "The witnesses that the contract names have cosigned this ledger.",
    failed: "Nobody but the controller vouches for its past; it could have been rolled back.",
  },
  "stale witness": {
    ok: "The witnesses have looked recently enough.",
    failed: "Since the last cosignature the controller could have been rolled back unseen.",
  },
};

/** Gathers answers; the checks that nobody complained about are in order. */
export class Answers {
  readonly #answers: Answer[] = [];
  readonly #suppressed = new Map<string, number>();

  failed(check: CheckName, told: Told = {}): void {
    this.#add({ check, verdict: "failed", ...told, means: told.means ?? MEANINGS[check].failed });
  }

  warning(check: CheckName, told: Told & { readonly means: string }): void {
    this.#add({ check, verdict: "warning", ...told });
  }

  notChecked(check: CheckName, means: string): void {
    if (this.has(check)) return;
    this.#add({ check, verdict: "not-checked", means });
  }

  has(check: CheckName): boolean {
    return this.#answers.some((answer) => answer.check === check);
  }

  get hasFailed(): boolean {
    return this.#answers.some(({ verdict }) => verdict === "failed");
  }

  /** One answer at least for each check, in the order of their names. */
  all(): readonly Answer[] {
    return CHECK_NAMES.flatMap((check): Answer[] => {
      const own = this.#answers.filter((answer) => answer.check === check);
      if (own.length === 0) return [{ check, verdict: "ok", means: MEANINGS[check].ok }];
      return own.map((answer, index) => {
        const more = this.#suppressed.get(`${check} ${answer.verdict}`);
        const isLast = !own.slice(index + 1).some(({ verdict }) => verdict === answer.verdict);
        if (more === undefined || !isLast) return answer;
        return { ...answer, means: `${answer.means} (${more} more of this kind follow.)` };
      });
    });
  }

  #add(answer: Answer): void {
    const { check, verdict } = answer;
    const alike = this.#answers.filter((one) => one.check === check && one.verdict === verdict);
    if (alike.length >= ANSWERS_PER_CHECK_MAX) {
      const kind = `${check} ${verdict}`;
      this.#suppressed.set(kind, (this.#suppressed.get(kind) ?? 0) + 1);
      return;
    }
    const { expected, found } = answer;
    this.#answers.push({
      ...answer,
      ...(expected !== undefined && { expected: shown(expected) }),
      ...(found !== undefined && { found: shown(found) }),
    });
  }
}

function shown(value: string): string {
  if (value.length <= SHOWN_LENGTH_MAX) return value;
  return `${value.slice(0, SHOWN_LENGTH_MAX)}… (${value.length} characters)`;
}
