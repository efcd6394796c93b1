// The signed tree heads of a statement, and who signed them: the device each, and no line on any of
// them by somebody who is not known.

import { equal } from "./bytes.ts";
import { type Checkpoint, parseCheckpoint } from "./checkpoint.ts";
import type { VerifierKey } from "./keys.ts";
import { parseNote, verifyNote } from "./note.ts";
import type { Answers, Place } from "./verdict.ts";

export interface Head {
  readonly where: Place;
  readonly checkpoint: Checkpoint;
  /** Whether the device's signature is on it. */
  readonly isDevices: boolean;
  /** Those that are right. */
  readonly cosignatures: readonly Cosigned[];
}

export interface Cosigned {
  readonly key: VerifierKey;
  /** Milliseconds since 1970 by the witness's clock. */
  readonly utc: number;
}

/** Whose signatures may stand on a tree head. */
export interface HeadKeys {
  readonly origin: string;
  /** Null where the statement's text for it is no key. */
  readonly device: VerifierKey | null;
  readonly witnesses: readonly VerifierKey[];
  /** Another contract's witness may have cosigned what a leaf keeps. */
  readonly allowsOthers: boolean;
  /** It did not come with the statement: where it is the wrong one, the statement may be right. */
  readonly isKept?: boolean;
}

const OTHER_LEDGER = "What you gave is of another ledger: give the tree head that this one is of.";
const NO_HEAD = "What you gave is no tree head of this machine's: is it the right file?";

/**
 * Wrong signatures that are looked at: each costs a millisecond, and a file of 64 MB has room for
 * half a million of them. One is enough for the answer; the rest count as wrong unseen.
 */
const WRONG_MAX = 64;

/**
 * Reads heads and verifies their signatures. The same note stands in leaves and in the statement,
 * with one line more or less: each line is verified once.
 */
export class HeadReader {
  readonly #answers: Answers;
  readonly #verified = new Map<string, boolean>();
  #wrong = 0;

  constructor(answers: Answers) {
    this.#answers = answers;
  }

  /** Null where the note is no checkpoint of the origin. */
  read(note: string, where: Place, keys: HeadKeys): Head | null {
    const parsed = parseNote(note);
    const checkpoint = parseCheckpoint(note);
    if (typeof parsed === "string" || typeof checkpoint === "string") {
      const problem = typeof parsed === "string" ? parsed : String(checkpoint);
      const found = `a text that ${problem}`;
      this.#answers.failed("signature", {
        where,
        expected: "a signed checkpoint",
        found,
        ...(keys.isKept && { means: NO_HEAD }),
      });
      return null;
    }
    if (checkpoint.origin !== keys.origin) {
      this.#answers.failed("another device", {
        where,
        expected: `a tree head of ${keys.origin}`,
        found: `one of ${checkpoint.origin}`,
        ...(keys.isKept && { means: OTHER_LEDGER }),
      });
      // Another machine's key is on it, and says nothing about this statement.
      if (keys.isKept) return null;
    }
    const known = [...(keys.device ? [keys.device] : []), ...keys.witnesses];
    const cosignatures: Cosigned[] = [];
    const seen = new Set<VerifierKey>();
    for (const { name, id, signature, line } of parsed.signatures) {
      const key = known.find((one) => one.name === name && equal(one.id, id));
      if (key === undefined) {
        if (!keys.allowsOthers) this.#complain(where, `a signature of ${name}, who is not known`);
        continue;
      }
      if (seen.has(key)) this.#complain(where, `two signatures of ${name}`);
      if (!this.#isRight(parsed.text, line, key)) {
        this.#complain(where, `a signature of ${name} that is wrong`);
        continue;
      }
      seen.add(key);
      if (key.kind === "cosignature") cosignatures.push({ key, utc: timeOf(signature) });
    }
    const isDevices = keys.device !== null && seen.has(keys.device);
    if (!isDevices) {
      const expected = `the signature of ${keys.device?.name ?? "the device"}`;
      this.#answers.failed("signature", { where, expected, found: "none that is right" });
    }
    return { where, checkpoint, isDevices, cosignatures };
  }

  #isRight(text: string, line: string, key: VerifierKey): boolean {
    // The text ends in a line end and the line has none: no other pair makes the same words.
    const words = `${text}\n${line}`;
    const before = this.#verified.get(words);
    if (before !== undefined) return before;
    if (this.#wrong >= WRONG_MAX) return false;
    const verified = verifyNote(`${words}\n`, [key]);
    const isRight = typeof verified !== "string" && verified.verified.length === 1;
    if (!isRight) this.#wrong++;
    this.#verified.set(words, isRight);
    return isRight;
  }

  #complain(where: Place, found: string): void {
    const expected = "signatures of the device and of the contract's witnesses alone";
    this.#answers.failed("signature", { where, expected, found });
  }
}

/** C2SP tlog-cosignature: eight bytes of seconds stand before the signature. */
function timeOf(signature: Uint8Array): number {
  const seconds = new DataView(signature.buffer, signature.byteOffset, 8).getBigUint64(0);
  return Number(seconds) * 1_000;
}
