// What a finding leads on to: its likely causes, what to look at, what to do and which part it is
// about. The texts come from a file (firmware/knowledge), and a maker may have others.

import type { FaultCode } from "./finding.ts";

/** Texts of one list, and characters of one text: what a person reads standing at a machine. */
export const ADVICE_TEXTS_MAX = 6;
export const ADVICE_LENGTH_MAX = 200;

/** Each list with the likeliest first. */
export interface Advice {
  readonly cause: readonly string[];
  readonly lookAt: readonly string[];
  readonly do: readonly string[];
  /** What to order or exchange; null where no part is to be named. */
  readonly part: string | null;
}

/** What a maker says of one fault: a key that is given replaces, what stands in `more` is added. */
export interface AdviceChange {
  readonly cause?: readonly string[] | undefined;
  readonly lookAt?: readonly string[] | undefined;
  readonly do?: readonly string[] | undefined;
  readonly part?: string | undefined;
  readonly more?:
    | {
        readonly cause?: readonly string[] | undefined;
        readonly lookAt?: readonly string[] | undefined;
        readonly do?: readonly string[] | undefined;
      }
    | undefined;
}

export interface Knowledge {
  readonly faults: Readonly<Partial<Record<FaultCode, AdviceChange>>>;
  /** By the name that the machine file gives a bearing or a gear: which one it is. */
  readonly parts: Readonly<Record<string, string>>;
}

export const NO_KNOWLEDGE: Knowledge = { faults: {}, parts: {} };

/** What is known of a fault by both, the maker's word first; null where neither says anything. */
export function adviceOn(
  fault: FaultCode,
  part: string | null,
  builtIn: Knowledge,
  maker: Knowledge,
): Advice | null {
  const own = builtIn.faults[fault];
  const makers = maker.faults[fault];
  const named = part === null ? undefined : (maker.parts[part] ?? builtIn.parts[part]);
  if (own === undefined && makers === undefined && named === undefined) return null;
  const texts = (key: "cause" | "lookAt" | "do") =>
    [...(makers?.[key] ?? own?.[key] ?? []), ...(makers?.more?.[key] ?? [])].slice(
      0,
      ADVICE_TEXTS_MAX,
    );
  return {
    cause: texts("cause"),
    lookAt: texts("lookAt"),
    do: texts("do"),
    part: named ?? makers?.part ?? own?.part ?? null,
  };
}
