import { expect, test } from "vitest";
import { createRing } from "../../runtime/ring/ring.ts";
import { WaveformIntake } from "../../runtime/ring/waveform-intake.ts";
import { FrameDecoder } from "./frame-decoder.ts";

const BLOCK_SAMPLES = 1_024;
/** Few enough that most rounds end before the memory of one is swept up. */
const BLOCKS_PER_ROUND = 10;
const ROUNDS = 1_001;
/** A view on the bytes and what belongs to it. A number boxed per sample would be 12,000. */
const BYTES_PER_BLOCK_MAX = 512;

test("from bytes to the ring, memory is taken per block and not per sample", () => {
  const intake = new WaveformIntake({
    ring: createRing(2 ** 16),
    scale: 1 / 1_024,
    rate: 25_600,
    windowSamples: 25_600,
    windowComplete: () => {},
  });
  const decoder = new FrameDecoder({
    format: "s16le",
    channels: 2,
    channelOfPoint: [1],
    sink: { block: (_, samples, count, at) => intake.block(samples, count, at) },
  });
  const bytes = new Uint8Array(BLOCK_SAMPLES * 4).map((_, index) => index * 37);
  const takenInRound: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const before = process.memoryUsage().heapUsed;
    for (let block = 0; block < BLOCKS_PER_ROUND; block++) decoder.take(bytes, round);
    takenInRound.push(process.memoryUsage().heapUsed - before);
  }
  // The middle one: the first rounds are compiled meanwhile, and some are swept up in between.
  const middle = takenInRound.sort((a, b) => a - b)[(ROUNDS - 1) / 2]!;
  expect(middle / BLOCKS_PER_ROUND).toBeLessThan(BYTES_PER_BLOCK_MAX);
});
