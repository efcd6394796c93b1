import { describe, expect, test } from "vitest";
import { SeededRandom } from "../testing/seeded-random.ts";
import { sine } from "../testing/waves.ts";
import type { Circumstances, DiagnosisChannel } from "./channel.ts";
import { checkValidity, type ValidityProblem } from "./validity.ts";

const RATE = 25_600;

const CHANNEL: DiagnosisChannel = {
  name: "bearing",
  quantity: "acceleration",
  unit: "[g]",
  rate: RATE,
  windowSamples: RATE,
  fullScale: null,
  mainsHz: 50,
  bearings: [],
  gears: [],
  polePairs: null,
  severity: null,
  regime: null,
};
const RUNNING: Circumstances = { speedHz: 24.3, load: 60, operatingState: "WORKING" };

/** A machine: a shaft's lines and noise that an anti-aliasing filter ends, in 16-bit steps. */
function machine(seed = 1, count = RATE): Float32Array {
  const random = new SeededRandom(seed);
  const lines = [1, 2, 3].map((order) => sine(24.3 * order, RATE, 0.02));
  let before = 0;
  return Float32Array.from({ length: count }, (_, index) => {
    before = 0.6 * before + 0.1 * random.normal();
    const value = lines.reduce((sum, line) => sum + line(index), before);
    return Math.round(value * 3_276) / 3_276;
  });
}

function problemsOf(
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

function changed(change: (value: number, index: number) => number): Float32Array {
  return machine().map(change);
}

test("a tachometer's pulses are no vibration, and no broken sensor", () => {
  const pulses = machine().map((_, index) => (index % 512 < 256 ? 5 : 0));
  expect(problemsOf(pulses, { quantity: "other", unit: "V" })).toEqual([]);
  expect(problemsOf(pulses)).not.toEqual([]);
});

test("a running machine has no problem", () => {
  for (let seed = 1; seed <= 5; seed++) expect(problemsOf(machine(seed))).toEqual([]);
});

describe("no signal at all", () => {
  const cases = [
    { name: "no samples", samples: new Float32Array(0), said: "empty" },
    { name: "one sample", samples: Float32Array.of(1), said: "too-short" },
    { name: "255 samples", samples: machine(1, 255), said: "too-short" },
    {
      name: "not a number",
      samples: changed((x, at) => (at === 77 ? NaN : x)),
      said: "not-finite",
    },
    { name: "infinite", samples: changed((x, at) => (at === 0 ? 1 / 0 : x)), said: "not-finite" },
    { name: "a constant", samples: new Float32Array(RATE).fill(0.3), said: "constant" },
    { name: "zeros", samples: new Float32Array(RATE), said: "constant" },
    {
      name: "a value that stands for most of the time",
      samples: changed((x, at) => (at > 9_000 ? 0.1 : x)),
      said: "stuck",
    },
    { name: "a rate of zero", samples: machine(), channel: { rate: 0 }, said: "wrong-rate" },
    {
      name: "values that each stand four times",
      samples: machine().map((_, at, all) => all[at - (at % 4)]!),
      said: "wrong-rate",
    },
  ];
  test.each(cases)("$name: $said", ({ samples, channel, said }) => {
    expect(problemsOf(samples, channel)).toEqual([`${said}: everything`]);
  });

  test("the message names the sample that is no number", () => {
    const samples = changed((x, at) => (at === 77 ? Number.NaN : x));
    const { problems } = checkValidity(samples, RATE, CHANNEL, RUNNING);
    expect(problems[0]!.message).toBe("Sample 78 of 25600 is no finite number.");
  });
});

describe("clipping", () => {
  const clip = (level: number) => changed((x) => Math.max(-level, Math.min(level, x)));

  test("at a known full scale, or as flat tops on both sides or one", () => {
    expect(problemsOf(clip(0.2), { fullScale: 0.2 })).toEqual(["clipped: everything"]);
    expect(problemsOf(clip(0.2))).toEqual(["clipped: everything"]);
    expect(problemsOf(changed((x) => Math.min(0.25, x)))).toEqual(["clipped: everything"]);
  });

  test("of a few peaks only forbids what is said of strength", () => {
    const samples = machine();
    for (let shock = 0; shock < 8; shock++) samples[3_000 * shock] = 5;
    expect(problemsOf(samples)).toEqual(["clipped: severity"]);
  });

  test("is not a peak that was reached once, nor the top of a clean sine in coarse steps", () => {
    const samples = machine();
    samples[500] = 6;
    samples[900] = -6;
    expect(problemsOf(samples, { fullScale: 6 })).toEqual([]);
    for (const steps of [8, 20, 300, 10_000]) {
      const tone = sine(31.7, RATE);
      const coarse = samples.map((_, index) => Math.round(tone(index) * steps) / steps);
      const velocity = { quantity: "velocity", unit: "mm/s" } as const;
      expect(problemsOf(coarse, velocity), `${steps} steps`).toEqual([]);
    }
  });
});

describe("dropout", () => {
  test.each([40, 200, 5_000])("of %i samples, to zero or to the last value", (length) => {
    const inside = (at: number) => at >= 7_000 && at < 7_000 + length;
    const zeros = changed((x, at) => (inside(at) ? 0 : x));
    expect(problemsOf(zeros)).toEqual(["dropout: everything"]);
    const last = machine()[7_000]!;
    expect(problemsOf(changed((x, at) => (inside(at) ? last : x)))).toEqual([
      "dropout: everything",
    ]);
  });

  test("of a signal that is never below zero is no flat top", () => {
    const positive = changed((x, at) => (at % 2_000 < 60 ? 0 : x + 3));
    expect(problemsOf(positive)).toEqual(["dropout: everything"]);
  });

  test("is not the slowness of a displacement or the coarseness of a quiet sensor", () => {
    const slow = machine().map((_, index) => Math.round(50 * sine(5, RATE)(index)));
    expect(problemsOf(slow, { quantity: "displacement", unit: "um" })).toEqual([]);
    const coarse = changed((x) => Math.round(x * 12) / 12);
    expect(problemsOf(coarse)).toEqual([]);
  });
});

describe("mains hum", () => {
  const hum = (amplitude: number, hertz = 50, distortion = 0.2) => {
    const first = sine(hertz, RATE, amplitude);
    const third = sine(3 * hertz, RATE, distortion * amplitude);
    const fifth = sine(5 * hertz, RATE, 0.5 * distortion * amplitude);
    return changed((x, index) => x + first(index) + third(index) + fifth(index));
  };

  test("that carries most of the power is found, whatever is known of the speed", () => {
    for (const speedHz of [24.3, 24.97, null]) {
      expect(problemsOf(hum(0.5), {}, { speedHz })).toContain("mains-pickup: everything");
    }
  });

  test("without harmonics is found where no order of the speed can explain it", () => {
    expect(problemsOf(hum(0.5, 50, 0), {}, { speedHz: 24.9 })).toEqual([]);
    expect(problemsOf(hum(0.5, 50, 0), {}, { speedHz: 29 })).toEqual(["mains-pickup: everything"]);
  });

  test("that is weaker than the machine is none of our business", () => {
    expect(problemsOf(hum(0.03))).toEqual([]);
  });

  const healthy = [
    { name: "the magnetic pull of a motor, at twice the supply", lines: [[100, 1]] },
    {
      name: "a motor with two poles that slips by half a per cent",
      lines: [
        [49.75, 1],
        [99.5, 0.4],
        [149.25, 0.2],
      ],
    },
    {
      name: "a synchronous shaft with its own harmonics",
      lines: [
        [50, 1],
        [100, 0.3],
        [150, 0.2],
        [200, 0.1],
      ],
      speedHz: 50,
    },
    { name: "an unbalanced shaft that keeps step", lines: [[50, 1]], speedHz: 50 },
    {
      name: "an unbalanced shaft that keeps step, of unknown speed",
      lines: [[50, 1]],
      speedHz: null,
    },
  ];
  test.each(healthy)("is not $name", ({ lines, speedHz = 24.3 }) => {
    const waves = lines.map(([hertz, amplitude]) => sine(hertz!, RATE, 0.6 * amplitude!));
    const samples = changed((x, index) => waves.reduce((sum, wave) => sum + wave(index), x));
    expect(problemsOf(samples, {}, { speedHz })).not.toContain("mains-pickup: everything");
  });

  test("is what a current sensor is there for", () => {
    expect(problemsOf(hum(20), { quantity: "current", unit: "A" })).toEqual([]);
  });
});

describe("the scale", () => {
  const scaled = (factor: number) => changed((x) => x * factor);

  test.each([
    { factor: 1e5, unit: "[g]", said: "wrong-scale" },
    { factor: 1e-8, unit: "[g]", said: "wrong-scale" },
    { factor: 1e-4, unit: "[g]", said: "disconnected" },
    { factor: 1e-3, unit: "m/s2", said: "disconnected" },
  ])("of a vibration of about 0.13 $unit times $factor: $said", ({ factor, unit, said }) => {
    expect(problemsOf(scaled(factor), { unit })).toEqual([`${said}: everything`]);
  });

  test.each([
    { factor: 9.8, unit: "m/s2", quantity: "acceleration" },
    { factor: 20, unit: "mm/s", quantity: "velocity" },
    { factor: 300, unit: "um", quantity: "displacement" },
    { factor: 1e-7, unit: "A", quantity: "current" },
    { factor: 1e9, unit: "[psi]", quantity: "acceleration" },
    { factor: 1e9, unit: "[g]", quantity: "other" },
  ] as const)("a plausible $quantity in $unit passes, as does what nobody can judge", (row) => {
    expect(problemsOf(scaled(row.factor), row)).toEqual([]);
  });

  test("an input at its rail is cut off", () => {
    const rail = changed((x) => 12 + 0.01 * x);
    expect(problemsOf(rail)).toEqual(["disconnected: everything"]);
    const known = { fullScale: 12.2, quantity: "other" } as const;
    expect(problemsOf(rail, known)).toEqual(["disconnected: everything"]);
    expect(problemsOf(changed((x) => x + 1))).toEqual([]);
  });
});

describe("the circumstances", () => {
  const geometry = {
    designation: "6205",
    elements: 9,
    elementDiameterMm: 7.94,
    pitchDiameterMm: 39.04,
    contactAngleDeg: 0,
    source: "given",
  };
  const bearings = [{ name: "driveEnd", geometry, ratio: 1 }];
  const regime = { speedHz: [20, 30], load: [40, 100] } as const;

  test.each([
    { name: "an unknown speed", circumstances: { speedHz: null }, said: ["speed-unknown: orders"] },
    {
      name: "an unknown speed of a bearing",
      channel: { bearings },
      circumstances: { speedHz: null },
      said: ["speed-unknown: orders", "speed-unknown: bearing"],
    },
    {
      name: "an unknown speed where a regime is set",
      channel: { regime },
      circumstances: { speedHz: null },
      said: ["speed-unknown: everything"],
    },
    {
      name: "a speed that is no number",
      circumstances: { speedHz: Number.NaN },
      said: ["speed-unknown: orders"],
    },
    { name: "a speed of zero", circumstances: { speedHz: 0 }, said: ["at-rest: everything"] },
    {
      name: "a speed outside of the regime",
      channel: { regime },
      circumstances: { speedHz: 30.5 },
      said: ["speed-out-of-regime: everything"],
    },
    { name: "a shaft that turns backwards", circumstances: { speedHz: -24.3 }, said: [] },
    {
      name: "a load outside of the regime",
      channel: { regime },
      circumstances: { load: 39 },
      said: ["load-out-of-regime: everything"],
    },
    {
      name: "a load that is not known",
      channel: { regime },
      circumstances: { load: null },
      said: ["load-out-of-regime: everything"],
    },
    {
      name: "a load inside the regime",
      channel: { regime },
      circumstances: { load: 40 },
      said: [],
    },
    {
      name: "a bearing whose lines the rate cannot show",
      channel: { bearings },
      circumstances: { speedHz: 1_200 },
      said: ["wrong-rate: bearing"],
    },
    {
      name: "a gear whose mesh the rate cannot show",
      channel: { gears: [{ name: "first", teeth: 600, ratio: 1 }] },
      said: ["wrong-rate: orders"],
    },
    {
      name: "a bearing whose balls do not fit",
      channel: {
        bearings: [{ name: "x", ratio: 1, geometry: { ...geometry, elementDiameterMm: 20 } }],
      },
      said: ["geometry-unknown: bearing"],
    },
    {
      name: "windows too short for a severity",
      channel: {
        windowSamples: 2_560,
        severity: {
          name: "given",
          measure: "velocityRms",
          boundaries: [1, 2, 3],
          source: "given",
          verified: true,
        },
      },
      said: ["too-short: severity"],
    },
  ] as const)("$name: $said", ({ channel, circumstances, said }) => {
    expect(problemsOf(machine(), channel, circumstances)).toEqual(said);
  });
});
