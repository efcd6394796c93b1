// The types of deploy/ci-summary.mjs for its test: the script itself runs before any package is
// there.

export interface Result {
  readonly project: string;
  readonly name: string;
  readonly outcome: string;
  readonly note: string;
}

export interface AllowedSkip {
  readonly pattern: string;
  readonly reason: string;
}

export function summarise(given: {
  readonly results: readonly Result[];
  readonly steps: readonly { readonly step: string; readonly status: number }[];
  readonly allowed: readonly AllowedSkip[];
  readonly notInstalled: readonly string[];
  readonly strict: boolean;
}): { passed: number; failures: readonly string[]; notRun: readonly string[] };

export function parseAllowed(texts: readonly string[]): readonly AllowedSkip[];
