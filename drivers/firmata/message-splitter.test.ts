// Bytes to messages, cut anywhere, with noise between.

import { describe, expect, test } from "vitest";
import { SeededRandom } from "../../runtime/testing/seeded-random.ts";
import { MessageSplitter } from "./message-splitter.ts";

const MESSAGES = [
  [0xf9, 2, 7],
  [0xe3, 0x7f, 0x07],
  [0xf0, 0x79, 2, 5, 0x53, 0, 0xf7],
  [0x91, 0x04, 0x00],
  [0xf0, 0xf7],
];

function split(...chunks: readonly (readonly number[])[]) {
  const messages: number[][] = [];
  const splitter = new MessageSplitter((message) => messages.push([...message]));
  for (const chunk of chunks) splitter.push(Uint8Array.from(chunk));
  return { messages, noiseBytes: splitter.noiseBytes };
}

test("messages are the same wherever the bytes are cut", () => {
  const bytes = MESSAGES.flat();
  for (let at = 0; at <= bytes.length; at++) {
    const { messages, noiseBytes } = split(bytes.slice(0, at), bytes.slice(at));
    expect(messages).toEqual(MESSAGES);
    expect(noiseBytes).toBe(0);
  }
});

describe("noise", () => {
  const cases = [
    {
      name: "data before any message",
      bytes: [1, 2, 3, 0xe0, 1, 2],
      got: [[0xe0, 1, 2]],
      noise: 3,
    },
    {
      name: "a report that is cut off",
      bytes: [0xe0, 1, 0xe0, 1, 2],
      got: [[0xe0, 1, 2]],
      noise: 2,
    },
    {
      name: "a system message that is cut off by a report",
      bytes: [0xf0, 0x79, 2, 0x90, 1, 0],
      got: [[0x90, 1, 0]],
      noise: 3,
    },
    { name: "what only a host sends", bytes: [0xc0, 0xd1, 1, 0xff, 0xf5], got: [], noise: 5 },
    { name: "an end without a beginning", bytes: [0xf7, 0xf7], got: [], noise: 2 },
    {
      name: "a message that never ends",
      bytes: [0xf0, ...new Array(10_000).fill(1)],
      got: [],
      noise: 10_001,
    },
  ];
  test.each(cases)("$name is thrown away and counted", ({ bytes, got, noise }) => {
    const { messages, noiseBytes } = split(bytes);
    expect(messages).toEqual(got);
    expect(noiseBytes).toBe(noise);
  });

  test("of any kind makes no message that is not whole", () => {
    const random = new SeededRandom(20_261_123);
    for (let round = 0; round < 500; round++) {
      const bytes = Array.from({ length: 200 }, () => random.integer(0, 255));
      const { messages, noiseBytes } = split(bytes);
      for (const message of messages) {
        const isSysex = message[0] === 0xf0;
        expect(isSysex ? message.at(-1) : message.length).toBe(isSysex ? 0xf7 : 3);
        const inside = message.slice(1, isSysex ? -1 : undefined);
        expect(inside.every((byte) => byte < 0x80)).toBe(true);
      }
      expect(messages.flat().length + noiseBytes).toBeLessThanOrEqual(bytes.length);
    }
  });
});
