import { describe, expect, test } from "vitest";
import { CHANNEL, machine, problemsOf, RATE, RUNNING } from "../testing/judged-window.ts";
import { sine } from "../testing/waves.ts";
import { parseBearing } from "./bearing/library.ts";
import type { Quantity } from "./channel.ts";
import { checkValidity } from "./validity.ts";

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

test("a bearing is told from a vibration, and not from a current or a distance", () => {
  const bearings = [{ name: "driveEnd", geometry: parseBearing("6205"), ratio: 1 }];
  const heard = (quantity: Quantity, unit: string) =>
    problemsOf(machine(), { quantity, unit, bearings });
  expect(heard("acceleration", "[g]")).toEqual([]);
  expect(heard("other", "V")).toEqual([]);
  expect(heard("current", "A")).toContain("wrong-quantity: bearing");
  expect(heard("displacement", "um")).toContain("wrong-quantity: bearing");
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
