import { expect, test } from "vitest";
import { realFft64 } from "../runtime/dsp/fft.ts";
import { SeededRandom } from "../runtime/testing/seeded-random.ts";
import { fftJs, kiss, pffft } from "./dsp-peers.ts";

const SIZE = 1_024;

test("the peers of the benchmark do the same work: all bins, in order, unscaled", async () => {
  const random = new SeededRandom(1);
  const single = Float32Array.from({ length: SIZE }, () => 2 * random.next() - 1);
  const source = Float64Array.from(single);
  const ours = realFft64(SIZE);
  ours.samples.set(source);
  ours.forward();
  const peers = { pffft: await pffft(single), kiss: await kiss(single), fftJs: fftJs(source) };
  for (const [name, peer] of Object.entries(peers)) {
    peer.run();
    const spectrum = peer.spectrum();
    // The ends stand elsewhere in some: pffft packs the two into one bin.
    for (let index = 2; index < SIZE; index++) {
      expect(spectrum[index], name).toBeCloseTo(ours.spectrum[index]!, 3);
    }
  }
});
