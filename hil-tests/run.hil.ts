// The suite at one place, as vitest runs it: one file, so that the place is opened once. A board
// takes a minute to boot.

import { afterAll, beforeAll, describe, inject, test } from "vitest";
import type { Place } from "./place.ts";
import { openPlace } from "./places.ts";
import type { ScenarioMeta } from "./run-options.ts";
import { play, reasonNotRun, type Scenario } from "./scenario.ts";
import { suite } from "./suite/suite.ts";

/** A guest that has to be built first takes minutes. */
const OPEN_MS_MAX = 15 * 60_000;

const { place: placeName, seed, effort, only, name: wantedName } = inject("hil");
let place: Place | { readonly notHere: string };

beforeAll(async () => {
  place = await openPlace(placeName, seed);
}, OPEN_MS_MAX);

afterAll(async () => {
  if (!("notHere" in place)) await place[Symbol.asyncDispose]();
}, OPEN_MS_MAX);

function register(scenario: Scenario): void {
  test(scenario.name, { timeout: scenario.timeoutMs }, async ({ task, skip }) => {
    const meta: ScenarioMeta = { driver: scenario.driver, figures: {}, versions: {} };
    task.meta.hil = meta;
    if ("notHere" in place) return skip(place.notHere);
    const reason = reasonNotRun(scenario, place);
    if (reason !== null) return skip(reason);
    try {
      await play(scenario, place, effort, (name, value) => {
        meta.figures[name] = value;
      });
    } finally {
      meta.versions = await place.versions();
    }
  });
}

const played = suite.filter(
  ({ driver, name }) => (only === null || driver === only) && name.includes(wantedName),
);
for (const driver of new Set(played.map((scenario) => scenario.driver))) {
  describe(driver, () => {
    for (const scenario of played) if (scenario.driver === driver) register(scenario);
  });
}
