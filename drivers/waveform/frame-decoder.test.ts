import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CHUNK_BYTES_MAX, FrameDecoder } from "./frame-decoder.ts";
import { bytesPerSample, SAMPLE_FORMATS, type SampleFormat } from "./sample-format.ts";

const SEED = 1_502;

function decoderOf(format: SampleFormat, channels: number, channelOfPoint: readonly number[]) {
  const samples: number[][] = channelOfPoint.map(() => []);
  const instants: number[] = [];
  const decoder = new FrameDecoder({
    format,
    channels,
    channelOfPoint,
    sink: {
      block(point, block, count, at) {
        samples[point]!.push(...block.subarray(0, count));
        instants.push(at);
      },
    },
  });
  return { decoder, samples, instants };
}

describe("a sample of format", () => {
  const cases: readonly { format: SampleFormat; bytes: string; value: number }[] = [
    { format: "s16le", bytes: "0080", value: -32_768 },
    { format: "s16le", bytes: "ff7f", value: 32_767 },
    { format: "s16be", bytes: "8000", value: -32_768 },
    { format: "s16be", bytes: "0102", value: 258 },
    { format: "s24le", bytes: "000080", value: -8_388_608 },
    { format: "s24le", bytes: "ffff7f", value: 8_388_607 },
    { format: "s24le", bytes: "ffffff", value: -1 },
    { format: "s24be", bytes: "800001", value: -8_388_607 },
    { format: "s24be", bytes: "010203", value: 66_051 },
    { format: "s32le", bytes: "00000080", value: -2_147_483_648 },
    { format: "s32be", bytes: "00000102", value: 258 },
    // 2^31 − 1 has more bits than a 32-bit float keeps.
    { format: "s32be", bytes: "7fffffff", value: 2_147_483_648 },
    { format: "f32le", bytes: "0000c03f", value: 1.5 },
    { format: "f32be", bytes: "3fc00000", value: 1.5 },
    { format: "f64le", bytes: "000000000000f8bf", value: -1.5 },
    { format: "f64be", bytes: "bff8000000000000", value: -1.5 },
  ];
  test.each(cases)("$format $bytes is $value", ({ format, bytes, value }) => {
    const { decoder, samples } = decoderOf(format, 1, [0]);
    decoder.take(Buffer.from(bytes, "hex"), 0);
    expect(samples).toEqual([[value]]);
  });
});

describe("a stream of frames", () => {
  test("gives the same samples however it is cut", () => {
    const law = (format: SampleFormat, channels: number, bytes: Uint8Array, cuts: number[]) => {
      const points = [channels - 1, 0];
      const whole = decoderOf(format, channels, points);
      whole.decoder.take(bytes, 0);
      const cut = decoderOf(format, channels, points);
      let from = 0;
      for (const size of cuts) {
        cut.decoder.take(bytes.subarray(from, from + size), 0);
        from += size;
      }
      cut.decoder.take(bytes.subarray(from), 0);
      expect(cut.samples).toEqual(whole.samples);
      expect(cut.decoder.partialBytes).toBe(whole.decoder.partialBytes);
      const frameBytes = channels * bytesPerSample(format);
      expect(whole.samples[0]).toHaveLength(Math.floor(bytes.length / frameBytes));
      expect(whole.decoder.partialBytes).toBe(bytes.length % frameBytes);
    };
    fc.assert(
      fc.property(
        fc.constantFrom(...SAMPLE_FORMATS),
        fc.integer({ min: 1, max: 5 }),
        fc.uint8Array({ maxLength: 300 }),
        fc.array(fc.nat(20), { maxLength: 30 }),
        law,
      ),
      { seed: SEED, numRuns: 500 },
    );
  });

  test("keeps a frame that two pieces share in one block with what follows it", () => {
    const { decoder, samples, instants } = decoderOf("s16be", 1, [0]);
    decoder.take(Uint8Array.of(0, 1, 0), 10);
    decoder.take(Uint8Array.of(2, 0, 3, 0), 20);
    expect(samples).toEqual([[1, 2, 3]]);
    expect(instants).toEqual([10, 20]);
  });

  test("cuts a piece that is larger than any read into several blocks", () => {
    const { decoder, samples, instants } = decoderOf("s16le", 1, [0]);
    const count = CHUNK_BYTES_MAX + 1;
    const sent = Int16Array.from({ length: count }, (_, index) => index);
    decoder.take(new Uint8Array(sent.buffer), 5);
    expect(samples[0]).toEqual([...sent]);
    expect(instants).toEqual([5, 5]);
  });
});
