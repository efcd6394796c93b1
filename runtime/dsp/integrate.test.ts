import { describe, expect, test } from "vitest";
import { requiresPython } from "../testing/requires.ts";
import { askScipy } from "../testing/scipy.ts";
import { SeededRandom } from "../testing/seeded-random.ts";
import { noise, sine, waveOf, worst } from "../testing/waves.ts";
import { bandRms, Integrator, integrateToVelocity, STANDARD_GRAVITY } from "./integrate.ts";
import { Welch } from "./welch.ts";

const RATE = 25_600;
const COUNT = 25_600;

describe("1 g at 159.155 Hz (a circular frequency of 1000 per second)", () => {
  const hertz = 1_000 / (2 * Math.PI);
  const samples = waveOf(COUNT, sine(hertz, RATE, STANDARD_GRAVITY));

  test("is 9.80665 mm/s and 9.80665 um, 90° and 180° behind", () => {
    const velocity = new Float64Array(COUNT);
    const displacement = new Float64Array(COUNT);
    integrateToVelocity(samples, RATE, velocity);
    new Integrator({ samplesMax: COUNT, rate: RATE }).run(samples, COUNT, displacement, 2);
    const cosine = waveOf(COUNT, sine(hertz, RATE, -STANDARD_GRAVITY, Math.PI / 2));
    const middle = [COUNT * 0.2, COUNT * 0.8] as const;
    expect(
      worst(
        velocity.map((value) => value * 1e3),
        cosine,
        ...middle,
      ),
    ).toBeLessThan(0.02);
    const turned = samples.map((value) => -value);
    expect(
      worst(
        displacement.map((value) => value * 1e6),
        turned,
        ...middle,
      ),
    ).toBeLessThan(0.02);
  });

  test("has the RMS 6.934 mm/s by its spectrum, whatever offset and drift lie below", () => {
    const drifting = samples.map((value, index) => value + 9.81 + index / COUNT);
    const welch = new Welch({ rate: RATE, segment: COUNT });
    for (const wave of [samples, drifting]) {
      welch.compute(wave, COUNT);
      expect(bandRms(welch.density, welch.binHz, 1) * 1e3).toBeCloseTo(9.80665 / Math.SQRT2, 1);
      const displacementUm = bandRms(welch.density, welch.binHz, 2) * 1e6;
      expect(displacementUm).toBeCloseTo(9.80665 / Math.SQRT2, 0);
    }
  });
});

test("what lies outside the band is left out", () => {
  const samples = waveOf(COUNT, (index) => sine(4, RATE)(index) + sine(3_000, RATE)(index));
  const velocity = new Float64Array(COUNT);
  integrateToVelocity(samples, RATE, velocity);
  expect(worst(velocity, new Float64Array(COUNT), 5_120, 20_480)).toBeLessThan(1e-3);
  const welch = new Welch({ rate: RATE, segment: COUNT });
  welch.compute(samples, COUNT);
  expect(bandRms(welch.density, welch.binHz, 1)).toBeLessThan(1e-5);
});

test("white noise has the velocity that its density gives by the integral", () => {
  // ∫ S ÷ (2πf)² df = S ÷ 4π² · (1 ÷ low − 1 ÷ high), with S = 2σ² ÷ rate.
  const samples = noise(20 * COUNT, new SeededRandom(4));
  const welch = new Welch({ rate: RATE, segment: COUNT });
  welch.compute(samples, samples.length);
  const expected = Math.sqrt((2 / RATE / (4 * Math.PI ** 2)) * (1 / 10 - 1 / 1_000));
  expect(bandRms(welch.density, welch.binHz, 1) / expected).toBeCloseTo(1, 1);
});

test("an RMS by the spectrum is that of SciPy's spectrum", (context) => {
  const python = requiresPython(context, "scipy");
  const samples = noise(8_192, new SeededRandom(21));
  const welch = new Welch({ rate: 4_096, segment: 4_096 });
  welch.compute(samples, samples.length);
  const expected = askScipy(
    python,
    [...samples],
    `f, p = signal.welch(np.array(given), 4096, nperseg=4096)
inside = (f >= 10) & (f <= 1000)
share = np.where((f[inside] == 10) | (f[inside] == 1000), 0.5, 1)
answer = float(np.sqrt(np.sum(share * p[inside] / (2 * np.pi * f[inside]) ** 2)))`,
  ) as number;
  expect(bandRms(welch.density, welch.binHz, 1)).toBeCloseTo(expected, 12);
});
