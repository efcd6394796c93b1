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

/** A place that is closed on time needs a moment for it. */
const CLOSE_MS = 10_000;
const NO_TIME = "the time of this run was over";

const { place: placeName, seed, effort, only, endsAt, name: wantedName } = inject("hil");
let place: Place | { readonly notHere: string } | undefined;
let whyNotOpen: unknown = new Error("the place could not be opened");

beforeAll(async () => {
  try {
    place = (await inTime(openPlace(placeName, seed))) ?? { notHere: NO_TIME };
  } catch (error) {
    // Each scenario fails with it: vitest would skip them, and the report call that not run.
    whyNotOpen = error;
  }
}, OPEN_MS_MAX);

afterAll(async () => {
  // Undefined where opening it has failed, which has been told.
  if (place !== undefined && !("notHere" in place)) await place[Symbol.asyncDispose]();
}, OPEN_MS_MAX);

/** Null when the time of the run is over before; what it waits for then ends with the place. */
async function inTime<Value>(work: Promise<Value>): Promise<Value | null> {
  if (endsAt === null) return await work;
  const over = Promise.withResolvers<null>();
  const timer = setTimeout(() => over.resolve(null), Math.max(0, endsAt - CLOSE_MS - Date.now()));
  try {
    return await Promise.race([work, over.promise]);
  } finally {
    clearTimeout(timer);
    work.catch(() => {
      // Given up, it fails when the place is closed under it, and nobody asks.
    });
  }
}

function register(scenario: Scenario): void {
  test(scenario.name, { timeout: scenario.timeoutMs }, async ({ task, skip }) => {
    const meta: ScenarioMeta = { driver: scenario.driver, figures: {}, versions: {} };
    task.meta.hil = meta;
    if (place === undefined) throw whyNotOpen;
    if ("notHere" in place) return skip(place.notHere);
    const reason = reasonNotRun(scenario, place);
    if (reason !== null) return skip(reason);
    // One that was begun would be in the way of the place's end.
    if (endsAt !== null && Date.now() >= endsAt - CLOSE_MS) return skip(NO_TIME);
    const figure = (name: string, value: string | number) => {
      meta.figures[name] = value;
    };
    try {
      const done = play(scenario, place, effort, figure).then(() => true);
      if ((await inTime(done)) === null) return skip(NO_TIME);
    } finally {
      meta.versions = (await inTime(place.versions())) ?? {};
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
