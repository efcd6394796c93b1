// The transforms of the diagnosis beside other people's: real, forward, one size after the other.
// A round takes as many samples from outside on both sides, and copies them in where an interface
// wants that. After them the diagnosis as a whole (dsp-diagnosis.ts, dsp-pauses.ts).

import { goFirst } from "../hil-tests/pty/priority.ts";
import { realFft32, realFft64 } from "../runtime/dsp/fft.ts";
import { scratchDirectory } from "../runtime/testing/scratch-directory.ts";
import { SeededRandom } from "../runtime/testing/seeded-random.ts";
import { diagnosisLines } from "./dsp-diagnosis.ts";
import { pauseLines } from "./dsp-pauses.ts";
import { buildFftw, fftJs, kiss, pffft, startFftw } from "./dsp-peers.ts";
import { type Benchmark, compare, type Measurement, perSecond } from "./harness.ts";

const SIZES = [1_024, 4_096, 16_384] as const;
const SEED = 1;
/** Samples of one round: some 50 ms for the fastest. */
const ROUND_SAMPLES = 2 ** 25;
const ROUNDS = 11;
const WARM_UP_ROUNDS = 3;

const BEST_PEER_SHARE_MIN = 0.95;
const FFTW_SINGLE_SHARE_MIN = 0.6;
/** Nobody promised anything: FFTW has vectors of twice the width. */
const FOR_INFORMATION = 0;

function noise(size: number): Float64Array {
  const random = new SeededRandom(SEED);
  return Float64Array.from({ length: size }, () => 2 * random.next() - 1);
}

function oursSingle(source: Float32Array): () => void {
  const fft = realFft32(source.length);
  return () => {
    fft.samples.set(source);
    fft.forward();
  };
}

function oursDouble(source: Float64Array): () => void {
  const fft = realFft64(source.length);
  return () => {
    fft.samples.set(source);
    fft.forward();
  };
}

type Rounds = () => Promise<number>;

function rounds(count: number, run: () => void): Rounds {
  return () =>
    perSecond(count, () => {
      for (let done = 0; done < count; done++) run();
    });
}

interface Pair {
  readonly precision: "single" | "double";
  readonly size: number;
  readonly peer: string;
  readonly goal: number;
  readonly ours: Rounds;
  readonly run: Rounds | string;
}

function beside({ precision, size, peer, goal, ours, run }: Pair): Promise<Measurement> {
  return compare({
    line: `real FFT, ${precision}, ${size} points`,
    unit: "/s",
    better: "higher",
    goal,
    rounds: ROUNDS,
    warmUpRounds: WARM_UP_ROUNDS,
    ours,
    peer: { name: peer, run },
  });
}

async function* besideFftw(pair: Omit<Pair, "peer" | "run">, count: number, folder: string) {
  const built = buildFftw(folder);
  if ("missing" in built) {
    yield await beside({ ...pair, peer: "FFTW", run: built.missing });
    return;
  }
  await using child = await startFftw(built.program, pair.precision, pair.size);
  const run = async () => Number(await child.ask(String(count)));
  yield await beside({ ...pair, peer: `${child.greeting}, FFTW_MEASURE`, run });
}

async function* transforms() {
  using scratch = scratchDirectory();
  for (const size of SIZES) {
    const count = ROUND_SAMPLES / size;
    const source = noise(size);
    const singleSource = Float32Array.from(source);
    const single = {
      precision: "single",
      size,
      goal: BEST_PEER_SHARE_MIN,
      ours: rounds(count, oursSingle(singleSource)),
    } as const;
    const double = {
      precision: "double",
      size,
      goal: BEST_PEER_SHARE_MIN,
      ours: rounds(count, oursDouble(source)),
    } as const;
    const run = rounds(count, (await pffft(singleSource)).run);
    yield await beside({ ...single, peer: "pffft-wasm, SIMD, ordered", run });
    yield await beside({
      ...single,
      peer: "kissfft-js",
      run: rounds(count, (await kiss(singleSource)).run),
    });
    yield* besideFftw({ ...single, goal: FFTW_SINGLE_SHARE_MIN }, count, scratch.path);
    yield await beside({
      ...double,
      peer: "fft.js, arrays",
      run: rounds(count, fftJs(source).run),
    });
    yield* besideFftw({ ...double, goal: FOR_INFORMATION }, count, scratch.path);
  }
}

export const dsp: Benchmark = {
  name: "dsp",
  summary: "Fourier transforms beside FFTW and others, the whole diagnosis beside SciPy",
  async *lines() {
    // The peers in processes of their own do so too.
    goFirst(process.pid);
    yield* transforms();
    yield* diagnosisLines();
    yield* pauseLines();
  },
};
