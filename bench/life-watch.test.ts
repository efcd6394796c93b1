// The goals on lives until failure, as a test: they are re-checked with each change.

import { describe, expect, test } from "vitest";
import { BASELINE_SETTINGS } from "../runtime/diagnosis/baseline/settings.ts";
import { requiresShared } from "../runtime/testing/requires.ts";
import { femtoLives, imsLives } from "./life-recordings.ts";
import { watchLeftOut, watchLife } from "./life-watch.ts";

describe("lives until failure", () => {
  test("FEMTO and IMS: no alarm in the first quarter, no evidence near one", (context) => {
    requiresShared(context, "data/femto/manifest.json");
    requiresShared(context, "data/ims");
    for (const life of [...femtoLives(), ...imsLives()]) {
      for (const watched of watchLife(life, BASELINE_SETTINGS)) {
        expect(watched.earlyAlarms, watched.channel.name).toBe(0);
        expect(watched.earlyEvidence, watched.channel.name).toBeLessThan(0.5);
        expect(watched.alarmsAfterFailure, watched.channel.name).toBe(0);
      }
    }
  });

  test("the threshold that a fold uses was not chosen on its own machine", (context) => {
    requiresShared(context, "data/femto/manifest.json");
    const lives = femtoLives();
    const { slacks } = watchLeftOut(lives);
    // A life that is loud from its beginning moves the threshold of the others, not its own.
    const loud = {
      ...lives[0]!,
      channels: lives[0]!.channels.map((channel) => ({
        ...channel,
        observations: channel.observations.map((features, index) =>
          index > 400 ? features.map((value) => 3 * value) : features,
        ),
      })),
    };
    const changed = watchLeftOut([loud, ...lives.slice(1)]).slacks;
    expect(changed[0]).toBe(slacks[0]);
    expect(changed[1]).toBeGreaterThan(slacks[1]!);
  });
});
