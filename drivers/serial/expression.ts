// Regular expressions out of a machine file. One that backtracks without end would hold the meter
// for as long as a device sends what it does not fit, so an expression that could is run with a
// time limit. Most need none: where the number of ways to fit a frame is small by its form, it is
// run as it is, because the limit costs some 0.2 ms each time (measured on x64).

import { type Context, createContext, Script } from "node:vm";
import { schema } from "../../runtime/schema/schema.ts";
import { Fault } from "../../runtime/signal/fault.ts";
import type { Mono } from "../../runtime/signal/instant.ts";

/** Far above what a sensible expression takes for one frame on a slow controller. */
const TIME_LIMIT_MS = 50;

/** A thread that does not get to work in this many limits has other troubles. */
const ATTEMPTS_MAX = 5;

/** Steps that take a millisecond or so, at most. */
const STEPS_MAX = 1_000_000;

/**
 * Work of all expressions of one device in a second. Each within its own limit, together they could
 * still take all the time that the other devices need.
 */
const WORK_PER_SECOND_MS_MAX = 250;

const SOURCE_CHARACTERS_MAX = 500;

/** `pattern` or `/pattern/i`; null where it is none. */
function parseExpression(text: string): RegExp | null {
  const [, inner, flags] = /^\/(.+)\/([is]*)$/s.exec(text) ?? [];
  try {
    return new RegExp(inner ?? text, flags);
  } catch {
    // Not an expression: the machine file is told so, with its line.
    return null;
  }
}

export const expressionText = schema
  .string()
  .min(1)
  .max(SOURCE_CHARACTERS_MAX)
  .refine((text) => parseExpression(text) !== null, "is not a regular expression")
  .describe("A regular expression, as JavaScript has them; `/…/i` where case does not matter");

/**
 * True where no text of this length can take many steps: no group is repeated, nothing refers back
 * or looks around, and each repetition multiplies by the length at most.
 */
export function isQuick(source: string, textMax: number): boolean {
  const bare = source.replace(/\\[^1-9k]/g, "x").replace(/\[[^\]]*\]/g, "x");
  if (/\)[*+?{]|\\|\(\?[=!<]/.test(bare)) return false;
  const repetitions = (bare.match(/[*+]|\{\d*,/g) ?? []).length;
  // Something optional, or the choice of two, doubles the ways.
  const choices = (bare.match(/\||(?<![*+?}(])\?/g) ?? []).length;
  const starts = bare.startsWith("^") && !bare.includes("|") ? 0 : 1;
  return textMax ** (repetitions + starts) * 2 ** choices <= STEPS_MAX;
}

/** What the expressions of one device may work together. */
export class WorkBudget {
  readonly #place: string;
  readonly #now: () => Mono;
  #from: Mono = Number.NEGATIVE_INFINITY;
  #spentMs = 0;

  constructor(place: string, now: () => Mono) {
    this.#place = place;
    this.#now = now;
  }

  /** Throws SOURCE_OVERRUN where the work of this second is done. */
  assertLeft(): void {
    const now = this.#now();
    if (now - this.#from >= 1_000) {
      this.#from = now;
      this.#spentMs = 0;
    }
    if (this.#spentMs < WORK_PER_SECOND_MS_MAX) return;
    throw new Fault(
      "SOURCE_OVERRUN",
      `${this.#place}: its expressions took ${WORK_PER_SECOND_MS_MAX} ms within a second.`,
      "Write them without a repetition of a group, or set the device to a slower rate.",
    );
  }

  spend(ms: number): void {
    this.#spentMs += ms;
  }
}

export class Expression {
  readonly #expression: RegExp;
  /** Null where no limit is needed. */
  readonly #limited: { readonly script: Script; readonly context: Context } | null;
  readonly #budget: WorkBudget | null;
  #text = "";

  /** `textMax`: no longer text is given to it. */
  constructor(text: string, textMax: number, budget: WorkBudget | null = null) {
    this.#budget = budget;
    this.#expression = parseExpression(text)!;
    const run = () => this.#expression.exec(this.#text);
    this.#limited = isQuick(this.#expression.source, textMax)
      ? null
      : { script: new Script("run()"), context: createContext({ run }) };
  }

  /** Throws BUS_WRONG_ANSWER where it takes too long, SOURCE_OVERRUN where all of them do. */
  exec(text: string): RegExpExecArray | null {
    if (this.#limited === null) return this.#expression.exec(text);
    const { script, context } = this.#limited;
    this.#budget?.assertLeft();
    this.#text = text;
    for (let attempt = 1; ; attempt++) {
      const before = workedMs();
      try {
        return script.runInContext(context, { timeout: TIME_LIMIT_MS });
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        if (code !== "ERR_SCRIPT_EXECUTION_TIMEOUT") throw error;
        // The limit counts time, also while a busy controller lets this thread wait.
        const hasWorked = workedMs() - before >= TIME_LIMIT_MS / 2;
        if (hasWorked || attempt >= ATTEMPTS_MAX) throw this.#tooLong(error);
      } finally {
        this.#budget?.spend(workedMs() - before);
      }
    }
  }

  #tooLong(cause: unknown): Fault {
    return new Fault(
      "BUS_WRONG_ANSWER",
      `The expression ${this.#expression} took more than ${TIME_LIMIT_MS} ms for one frame.`,
      "Write it without a repetition inside a repetition, and begin it with ^.",
      { cause },
    );
  }
}

/** What this thread has worked, in milliseconds, since it began. */
function workedMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}
