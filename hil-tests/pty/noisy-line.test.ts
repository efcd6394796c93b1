import { describe, expect, test } from "vitest";
import { SeededRandom } from "../../runtime/testing/seeded-random.ts";
import type { Noise } from "../place.ts";
import { HOST, NoisyLine } from "./noisy-line.ts";

const REQUEST = Buffer.from("010303e80002447b", "hex");
const ANSWER = Buffer.from("010304000000013bf3", "hex");

function lineWith(noise: Partial<Noise> = {}, baudRate = 10_000, seed = 1): NoisyLine {
  const line = new NoisyLine(new SeededRandom(seed), baudRate);
  line.noise(noise);
  return line;
}

/** Asks `reads` times, 100 ms apart, and gives what arrived at the host. */
function play(line: NoisyLine, reads: number) {
  return Array.from({ length: reads }, (_, read) => {
    line.carry(HOST, REQUEST, read * 100);
    return line.carry(0, ANSWER, read * 100 + 20);
  });
}

describe("time", () => {
  test("a byte takes ten bits at the baud rate", () => {
    expect(lineWith().carry(HOST, REQUEST, 5)).toEqual([
      { at: 13, from: HOST, address: 1, bytes: REQUEST },
    ]);
  });

  test("what comes while the line is taken waits for it", () => {
    const line = lineWith();
    line.carry(HOST, REQUEST.subarray(0, 4), 0);
    expect(line.carry(HOST, REQUEST.subarray(4), 1)).toMatchObject([{ at: 8 }]);
    expect(line.log()).toMatchObject([{ sent: REQUEST.toString("hex"), endedAt: 8 }]);
  });

  test("a long frame arrives in pieces of a UART's size, in order", () => {
    const pieces = lineWith().carry(0, Buffer.alloc(40, 1), 0);
    expect(pieces.map(({ at, bytes }) => [at, bytes.length])).toEqual([
      [16, 16],
      [32, 16],
      [40, 8],
    ]);
  });

  test("a late answer holds up the one behind it", () => {
    const line = lineWith({ late: 1, lateMinMs: 500, lateMaxMs: 500 });
    const [first] = line.carry(0, ANSWER, 0);
    line.noise({ late: 0 });
    line.carry(HOST, REQUEST, 100);
    const [second] = line.carry(0, ANSWER, 110);
    expect([first!.at, second!.at]).toEqual([509, 518]);
    expect(line.log().map(({ deed }) => deed)).toEqual(["late", "carried", "carried"]);
  });
});

describe("noise", () => {
  test("a corrupted answer is never what was sent, and requests are left alone", () => {
    for (const [delivery] of play(lineWith({ corrupted: 1 }), 500)) {
      expect(Buffer.from(delivery!.bytes).equals(ANSWER)).toBe(false);
    }
  });

  test("shares come out as declared", () => {
    const line = lineWith({ corrupted: 0.1, dropped: 0.2, late: 0.3, lateMinMs: 1, lateMaxMs: 2 });
    play(line, 10_000);
    const { requests, answers, corrupted, dropped, late } = line.stats;
    expect([requests, answers]).toEqual([10_000, 10_000]);
    expect(corrupted / answers).toBeCloseTo(0.1, 1);
    expect(dropped / answers).toBeCloseTo(0.2, 1);
    expect(late / answers).toBeCloseTo(0.3, 1);
  });

  test("one seed gives one run, another seed another", () => {
    const noise = { corrupted: 0.2, dropped: 0.2 };
    const run = (seed: number) => play(lineWith(noise, 10_000, seed), 50);
    expect(run(7)).toEqual(run(7));
    expect(run(7)).not.toEqual(run(8));
  });

  test("an echo brings the host its own request, and the devices still get it", () => {
    const [plain] = lineWith().carry(HOST, REQUEST, 0);
    const [echoed] = lineWith({ echo: true }).carry(HOST, REQUEST, 0);
    expect(echoed!.bytes).toEqual(REQUEST);
    expect([plain!.from === HOST, echoed!.from === HOST]).toEqual([true, false]);
  });

  test("a cut wire carries nothing in either direction until it is whole again", () => {
    const line = lineWith();
    line.cut(true);
    expect([line.carry(HOST, REQUEST, 0), line.carry(0, ANSWER, 100)]).toEqual([[], []]);
    line.cut(false);
    expect(line.carry(HOST, REQUEST, 200)).toHaveLength(1);
  });
});
