// A window of a running machine, and what the gate before the diagnosis says of it when samples,
// channel or circumstances are changed.

import { expect } from "vitest";
import { type Circumstances, type DiagnosisChannel, plainChannel } from "../diagnosis/channel.ts";
import { checkValidity, type ValidityProblem } from "../diagnosis/validity.ts";
import { SeededRandom } from "./seeded-random.ts";
import { sine } from "./waves.ts";

export const RATE = 25_600;

export const CHANNEL: DiagnosisChannel = {
  ...plainChannel({ name: "bearing", unit: "[g]", rate: RATE, windowSamples: RATE }),
  quantity: "acceleration",
};
export const RUNNING: Circumstances = { speedHz: 24.3, load: 60, operatingState: "WORKING" };

/** A machine: a shaft's lines and noise that an anti-aliasing filter ends, in 16-bit steps. */
export function machine(seed = 1, count = RATE): Float32Array {
  const random = new SeededRandom(seed);
  const lines = [1, 2, 3].map((order) => sine(24.3 * order, RATE, 0.02));
  let before = 0;
  return Float32Array.from({ length: count }, (_, index) => {
    before = 0.6 * before + 0.1 * random.normal();
    const value = lines.reduce((sum, line) => sum + line(index), before);
    return Math.round(value * 3_276) / 3_276;
  });
}

export function problemsOf(
  samples: Float32Array,
  channel: Partial<DiagnosisChannel> = {},
  circumstances: Partial<Circumstances> = {},
): readonly string[] {
  const { usable, problems } = checkValidity(
    samples,
    samples.length,
    { ...CHANNEL, ...channel },
    { ...RUNNING, ...circumstances },
  );
  expect(usable).toBe(problems.every(({ forbids }) => forbids !== "everything"));
  for (const { message } of problems) expect(message).toMatch(/^[A-Z0-9].*[.?]$/);
  return problems.map(({ kind, forbids }: ValidityProblem) => `${kind}: ${forbids}`);
}
