import { describe, expect, test } from "vitest";
import { FrameDecoder } from "./frame-decoder.ts";
import { SyncDecoder } from "./sync-decoder.ts";

/** A marker of AA 55 and one sample of 16 bits. */
function frame(value: number): number[] {
  return [0xaa, 0x55, value & 0xff, (value >> 8) & 0xff];
}

/** What arrives of these bytes in pieces of this size: values, and `|` for a gap. */
function play(bytes: readonly number[], size: number): (number | "|")[] {
  const said: (number | "|")[] = [];
  const decoder = new SyncDecoder({
    marker: Buffer.from([0xaa, 0x55]),
    payloadBytes: 2,
    decoder: new FrameDecoder({
      format: "s16le",
      channels: 1,
      channelOfPoint: [0],
      sink: { block: (_, samples, count) => said.push(...samples.slice(0, count)) },
    }),
    onLost: () => said.push("|"),
  });
  let frames = 0;
  for (let from = 0; from < bytes.length; from += size) {
    frames += decoder.take(Uint8Array.from(bytes.slice(from, from + size)), from);
  }
  expect(frames).toBe(said.filter((each) => each !== "|").length);
  return said;
}

/** 0x55AA as a sample looks like a marker, and stands in two frames of three. */
const DECEPTIVE = 0x55aa;

describe.each([1, 3, 4, 1_000])("in pieces of %i bytes", (size) => {
  const cases: readonly [string, readonly number[], readonly (number | "|")[]][] = [
    ["whole frames", [1, 2, 3].flatMap(frame), [1, 2, 3]],
    ["begun in the middle of a frame", [2, 0, ...[2, 3, 4].flatMap(frame)], [2, 3, 4]],
    [
      "samples that look like the marker",
      [0xaa, 0x55, 7, 0, ...[DECEPTIVE, 1, DECEPTIVE, 2].flatMap(frame)],
      [7, DECEPTIVE, 1, DECEPTIVE, 2],
    ],
    [
      "a byte that was lost",
      [...[1, 2].flatMap(frame), 0xaa, 0x55, 3, ...[4, 5, 6].flatMap(frame)],
      [1, 2, "|", 4, 5, 6],
    ],
    [
      "noise in between, which takes the frame before it along",
      [...[1, 2].flatMap(frame), 0xaa, 0x13, 0x55, ...[4, 5].flatMap(frame)],
      [1, "|", 4, 5],
    ],
    ["noise alone", Array.from({ length: 500 }, (_, index) => (index * 7) % 160), []],
  ];
  test.each(cases)("%s", (_, bytes, expected) => {
    // The last frame is known to be whole when the next marker has come.
    expect(play([...bytes, 0xaa, 0x55], size)).toEqual(expected);
  });
});
