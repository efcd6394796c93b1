// One scenario of the suite: what it is called, what it needs, and what it does. It is written
// against resources and never asks which place it is at.

import type { MachineParts, Place, ResourceName, Resources } from "./place.ts";

/** How much a scenario does where more costs time; `npm run hil -- --reads 10000`. */
export interface Effort {
  /** Reads of the noise benchmarks. */
  readonly reads: number;
}

/** What a scenario is given: its resources, and the product. */
export type Bench<Names extends ResourceName = never> = Pick<Resources, Names> & {
  readonly seed: number;
  readonly effort: Effort;
  /** Runs the product; it is stopped when the scenario has ended. */
  start(machine: MachineParts): ReturnType<Place["start"]>;
  readonly command: Place["command"];
  /** A number or word for the report: `figure("throughput", "93 %")`. */
  figure(name: string, value: string | number): void;
};

export interface Scenario {
  readonly name: string;
  /** The driver of firmware/drivers.ts whose row in the table it counts for. */
  readonly driver: string;
  readonly requires: readonly ResourceName[];
  readonly timeoutMs: number;
  readonly run: (bench: Bench<ResourceName>) => Promise<void>;
}

/** Most take a few seconds; a guest is ten times as slow. */
const TIMEOUT_MS = 120_000;

export function scenario<const Names extends readonly ResourceName[]>(
  name: string,
  needs: { readonly driver: string; readonly requires: Names; readonly timeoutMs?: number },
  run: (bench: Bench<Names[number]>) => Promise<void>,
): Scenario {
  const { driver, requires, timeoutMs = TIMEOUT_MS } = needs;
  return { name, driver, requires, timeoutMs, run };
}

/** Runs it at the place and leaves nothing behind, whatever it did. */
export async function play(
  { requires, run }: Scenario,
  place: Place,
  effort: Effort,
  figure: Bench["figure"],
): Promise<void> {
  await using cleanup = new AsyncDisposableStack();
  const { resource, close } = await place.open(requires);
  cleanup.defer(close);
  await run({
    ...resource,
    seed: place.seed,
    effort,
    figure,
    async start(machine) {
      const instance = await place.start(machine);
      cleanup.defer(() => instance.stop());
      return instance;
    },
    command: (...args) => place.command(...args),
  });
}

/** Why it cannot be played at this place; null where it can. */
export function reasonNotRun({ requires }: Scenario, place: Place): string | null {
  const reasons = requires.map((name) => place.missing(name)).filter((reason) => reason !== null);
  return reasons.length > 0 ? [...new Set(reasons)].join("; ") : null;
}
