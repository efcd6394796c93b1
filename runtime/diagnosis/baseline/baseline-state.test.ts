// What a baseline writes to disk: it goes on where it was, and refuses what does not fit.

import { describe, expect, test } from "vitest";
import { type Course, SimulatedLife } from "../../testing/baseline-lives.ts";
import { SeededRandom, withSeed } from "../../testing/seeded-random.ts";
import { Baseline } from "./baseline.ts";
import { OPERATING_STATES_MAX } from "./settings.ts";
import { WAVEFORM_FEATURES } from "./waveform-features.ts";

const INTERVAL_MS = 10_000;
const OPTIONS = { features: WAVEFORM_FEATURES };
const FAULT: Course = (index, feature) => (index >= 700 && feature < 2 ? 0.7 : 0);

function through(state: unknown): unknown {
  return JSON.parse(JSON.stringify(state));
}

function goOn(baseline: Baseline, shiftMs: number | null): Baseline {
  const restored = Baseline.restore(OPTIONS, through(baseline.state()), shiftMs);
  if (!(restored instanceof Baseline)) throw new Error(restored.refused);
  return restored;
}

test("a state restored in the middle gives the same answers", async () => {
  await withSeed((random) => {
    const cut = random.integer(1, 900);
    const life = new SimulatedLife(new SeededRandom(random.seed), FAULT);
    const uncut = new Baseline(OPTIONS);
    let cutOne = new Baseline(OPTIONS);
    for (let index = 0; index < 1_000; index++) {
      const features = life.next();
      // A long pause now and then, so that the observations after a stop are cut as well.
      const at = index * INTERVAL_MS + 40 * INTERVAL_MS * Math.floor(index / 150);
      const state = index % 3 === 0 ? "IDLE" : "WORKING";
      if (index === cut) cutOne = goOn(cutOne, 0);
      expect(cutOne.observe(features, state, at)).toEqual(uncut.observe(features, state, at));
    }
  });
});

test("after a power cut of unknown length it watches on, and an alarm stays without a date", () => {
  const life = new SimulatedLife(new SeededRandom(21), FAULT);
  const baseline = new Baseline(OPTIONS);
  for (let index = 0; index < 800; index++) {
    baseline.observe(life.next(), "WORKING", index * INTERVAL_MS);
  }
  const answer = goOn(baseline, null).observe(life.next(), "WORKING", 1_000);
  expect(answer.phase).toBe("watching");
  expect(answer.raised).toBe(false);
  expect(answer.departure).toMatchObject({ raisedAt: null, since: null });
  expect(answer.departure!.features[0]!.spreads).toBeGreaterThan(3);
});

test("the times of an earlier boot are told in those of this one", () => {
  const life = new SimulatedLife(new SeededRandom(21), FAULT);
  const baseline = new Baseline(OPTIONS);
  let raisedAt = 0;
  for (let index = 0; index < 800; index++) {
    const answer = baseline.observe(life.next(), "WORKING", index * INTERVAL_MS);
    if (answer.raised) raisedAt = index * INTERVAL_MS;
  }
  const shiftMs = -9_000_000;
  const answer = goOn(baseline, shiftMs).observe(life.next(), "WORKING", 5_000);
  expect(answer.departure!.raisedAt).toBe(raisedAt + shiftMs);
});

test("its size is bounded, with as many operating states as are kept", () => {
  const life = new SimulatedLife(new SeededRandom(22));
  const baseline = new Baseline(OPTIONS);
  let most = 0;
  for (let index = 0; index < 300 * OPERATING_STATES_MAX; index++) {
    baseline.observe(life.next(), `mode ${index % OPERATING_STATES_MAX}`, index);
    if (index % 997 === 0) most = Math.max(most, JSON.stringify(baseline.state()).length);
  }
  // With four features: less than 5 kB for each operating state, learning or watching.
  expect(baseline.state().operatingStates).toHaveLength(OPERATING_STATES_MAX);
  expect(most).toBeGreaterThan(1_000 * OPERATING_STATES_MAX);
  expect(most).toBeLessThan(5_000 * OPERATING_STATES_MAX);
});

describe("is refused, with a reason:", () => {
  const learned = new Baseline(OPTIONS);
  const life = new SimulatedLife(new SeededRandom(23));
  for (let index = 0; index < 200; index++) {
    learned.observe(life.next(), "WORKING", index * INTERVAL_MS);
    learned.observe(life.next(), `mode ${index % 2}`, index * INTERVAL_MS + 1);
  }
  const kept = learned.state();
  const cases: Readonly<Record<string, readonly [unknown, RegExp]>> = {
    nothing: [null, /no state/],
    "another version": [{ ...kept, version: 2 }, /version 2/],
    "other features": [{ ...kept, features: ["rms/log/up"] }, /rms\/log\/up/],
    "too many operating states": [
      { ...kept, operatingStates: new Array(OPERATING_STATES_MAX + 1).fill(["", {}]) },
      /not whole/,
    ],
    "something else in place of them": [{ ...kept, operatingStates: "all" }, /not whole/],
  };
  test.each(Object.entries(cases))("%s", (_name, [state, reason]) => {
    const refused = Baseline.restore(OPTIONS, state, 0);
    expect(refused).toHaveProperty("refused", expect.stringMatching(reason));
  });

  test("any one leaf of it that is missing or of another type", async () => {
    await withSeed((random) => {
      for (let round = 0; round < 200; round++) {
        const broken = through(kept);
        const path = breakOne(broken, random);
        const restored = Baseline.restore(OPTIONS, broken, 0);
        expect(restored, path).not.toBeInstanceOf(Baseline);
      }
    });
  });
});

/** Replaces one random leaf of a JSON value by a word; its path is returned. */
function breakOne(value: unknown, random: SeededRandom): string {
  let at = value as Record<string, unknown>;
  let path = "";
  for (;;) {
    const key = random.pick(Object.keys(at));
    path += `/${key}`;
    const inner = at[key];
    const deeper = typeof inner === "object" && inner !== null && Object.keys(inner).length > 0;
    if (deeper) at = inner as Record<string, unknown>;
    else {
      at[key] = { broken: true };
      return path;
    }
  }
}

test.each([{ toString: 1, valueOf: 1 }, [{ toString: 1 }], null, undefined])(
  "features that cannot be told as text are refused like others: %j",
  (features) => {
    const state = { ...new Baseline(OPTIONS).state(), features };
    expect(Baseline.restore(OPTIONS, state, 0)).toHaveProperty("refused");
    const ofAnother = { ...state, version: features };
    expect(Baseline.restore(OPTIONS, ofAnother, 0)).toHaveProperty("refused");
  },
);
