// Long messages put together from their frames, and what is not put together.

import { describe, expect, test } from "vitest";
import { parseFrame } from "./frame.ts";
import { EVERYBODY } from "./identifier.ts";
import { broadcast } from "./test-rig.ts";
import { Reassembly } from "./transport.ts";

const GROUP = 65_226;

function bytes(count: number): Uint8Array {
  return Uint8Array.from({ length: count }, (_, index) => (index * 7 + 3) & 0xff);
}

/** The data of the announcement and of each part. */
function parts(data: Uint8Array, group = GROUP): Uint8Array[] {
  return broadcast(group, data).map((frame) => {
    const parsed = parseFrame(frame)!;
    if (!("identifier" in parsed)) throw new Error("it is a data frame");
    return Uint8Array.from(parsed.data);
  });
}

function transfer(data: Uint8Array): Uint8Array[] {
  const [announcement, ...rest] = parts(data);
  announcement![0] = 16;
  return [announcement!, ...rest];
}

const all = () => new Reassembly(() => true);

describe("a broadcast", () => {
  test.each([9, 14, 15, 100, 1_785])("of %i bytes comes out as it went in", (count) => {
    const data = bytes(count);
    const [announcement, ...frames] = parts(data);
    const reassembly = all();
    reassembly.control(5, EVERYBODY, announcement!, 0);
    const messages = frames.map((frame, index) => reassembly.data(5, EVERYBODY, frame, index));
    expect(messages.slice(0, -1).every((message) => message === null)).toBe(true);
    expect(messages.at(-1)).toEqual({ group: GROUP, source: 5, data });
    expect(reassembly.sessions).toBe(0);
  });

  test("that lacks a frame is none, and the next is", () => {
    const [announcement, one, two, three] = parts(bytes(20));
    const reassembly = all();
    reassembly.control(5, EVERYBODY, announcement!, 0);
    reassembly.data(5, EVERYBODY, one!, 0);
    expect(reassembly.data(5, EVERYBODY, three!, 0)).toBeNull();
    expect(reassembly.broken).toBe(1);
    reassembly.control(5, EVERYBODY, announcement!, 0);
    reassembly.data(5, EVERYBODY, one!, 0);
    reassembly.data(5, EVERYBODY, two!, 0);
    expect(reassembly.data(5, EVERYBODY, three!, 0)?.data).toEqual(bytes(20));
  });

  test.each([
    [750, true],
    [751, false],
  ])("that pauses for %i ms is whole: %s", (pauseMs, isWhole) => {
    const [announcement, one, two] = parts(bytes(14));
    const reassembly = all();
    reassembly.control(5, EVERYBODY, announcement!, 0);
    reassembly.data(5, EVERYBODY, one!, 100);
    reassembly.sweep(100 + pauseMs);
    expect(reassembly.data(5, EVERYBODY, two!, 100 + pauseMs) !== null).toBe(isWhole);
  });

  test("of two senders at once does not mix", () => {
    const [announcement, one, two] = parts(bytes(14));
    const reassembly = all();
    for (const source of [5, 6]) reassembly.control(source, EVERYBODY, announcement!, 0);
    for (const source of [5, 6]) expect(reassembly.data(source, EVERYBODY, one!, 0)).toBeNull();
    for (const source of [6, 5]) {
      expect(reassembly.data(source, EVERYBODY, two!, 0)).toMatchObject({ source });
    }
  });
});

describe("a transfer between two others", () => {
  test("is whole although frames come again, in the order that the receiver wants", () => {
    const [announcement, one, two, three] = transfer(bytes(20));
    const reassembly = all();
    reassembly.control(0, 249, announcement!, 0);
    expect(reassembly.data(0, 249, one!, 0)).toBeNull();
    expect(reassembly.data(0, 249, three!, 0)).toBeNull();
    expect(reassembly.data(0, 249, three!, 0)).toBeNull();
    expect(reassembly.data(0, 249, two!, 1_200)?.data).toEqual(bytes(20));
  });

  test("that is broken off is forgotten", () => {
    const [announcement, one, two] = transfer(bytes(14));
    const reassembly = all();
    reassembly.control(0, 249, announcement!, 0);
    reassembly.data(0, 249, one!, 0);
    reassembly.control(0, 249, Uint8Array.of(255, 1, 255, 255, 255, 0xca, 0xfe, 0), 0);
    expect(reassembly.data(0, 249, two!, 0)).toBeNull();
  });
});

describe("what is refused", () => {
  test.each([
    ["eight bytes, which fit into a frame", [32, 8, 0, 2, 255]],
    ["more than 1785 bytes", [32, 0xfa, 0x06, 255, 255]],
    ["a number of frames that does not fit the bytes", [32, 20, 0, 4, 255]],
    ["a broadcast to one", [16, 20, 0, 3, 255]],
  ])("%s", (_, start) => {
    const reassembly = all();
    reassembly.control(5, EVERYBODY, Uint8Array.of(...start, 0xca, 0xfe, 0), 0);
    expect(reassembly.sessions).toBe(0);
  });

  test("groups that nobody reads, frames that are too short, data without an announcement", () => {
    const [announcement, one] = parts(bytes(14));
    const none = new Reassembly(() => false);
    none.control(5, EVERYBODY, announcement!, 0);
    expect(none.sessions).toBe(0);
    const reassembly = all();
    expect(reassembly.data(5, EVERYBODY, one!, 0)).toBeNull();
    expect(reassembly.data(5, EVERYBODY, new Uint8Array(0), 0)).toBeNull();
    reassembly.control(5, EVERYBODY, announcement!.subarray(0, 7), 0);
    expect(reassembly.sessions).toBe(0);
  });

  test("more messages at once than any machine sends: the oldest goes", () => {
    const [announcement] = parts(bytes(14));
    const reassembly = all();
    for (let source = 0; source < 250; source++) {
      reassembly.control(source, EVERYBODY, announcement!, 0);
    }
    expect(reassembly.sessions).toBe(32);
    expect(reassembly.broken).toBe(218);
  });

  test("whatever comes, nothing is thrown and the bound holds", () => {
    const reassembly = all();
    let state = 1;
    const next = () => {
      state = (state * 48_271) % 2_147_483_647;
      return state;
    };
    for (let round = 0; round < 20_000; round++) {
      const data = Uint8Array.from({ length: next() % 9 }, () => next() & 0xff);
      if (data.length > 0 && next() % 4 === 0) data[0] = next() % 2 === 0 ? 32 : 16;
      if (next() % 2 === 0) reassembly.control(next() % 4, EVERYBODY, data, round);
      else reassembly.data(next() % 4, EVERYBODY, data, round);
    }
    expect(reassembly.sessions).toBeLessThanOrEqual(32);
  });
});
