import { expect, test } from "vitest";
import { RecordingSink } from "../shared/test-rig.ts";
import { CountPoint, PointSink, RatePoint } from "./points.ts";
import { decodeEdges } from "./uapi.ts";

const EDGES_PER_READ = 256;
const READS_PER_ROUND = 20;
const ROUNDS = 501;
/** Its instant is boxed on its way, which is 16; an object for each edge would be 40 more. */
const BYTES_PER_EDGE_MAX = 24;

test("from bytes to counts and rates, an edge takes no more memory than its instant", () => {
  const parts = { sink: new PointSink(new RecordingSink(), 0), title: "wheel" };
  const count = new CountPoint(parts, 0);
  const limits = { windowMs: 1_000, timeoutMs: 5_000, factor: 1, startedAt: 0 };
  const rate = new RatePoint({ ...parts, ...limits });
  const edge = (level: 0 | 1, atMs: number, sequence: number) => {
    count.edge(level, atMs, sequence);
    rate.edge(level, atMs, sequence);
  };
  const bytes = Buffer.alloc(EDGES_PER_READ * 48);
  let sequence = 0;
  const takenInRound: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const before = process.memoryUsage().heapUsed;
    for (let read = 0; read < READS_PER_ROUND; read++) {
      for (let at = 0; at < bytes.length; at += 48) {
        sequence++;
        bytes.writeUInt32LE((sequence * 1_000) >>> 0, at);
        bytes.writeUInt32LE(1, at + 8);
        bytes.writeUInt32LE(sequence, at + 20);
      }
      decodeEdges(bytes, bytes.length, edge);
    }
    takenInRound.push(process.memoryUsage().heapUsed - before);
  }
  expect(count.sum).toBe(EDGES_PER_READ * READS_PER_ROUND * ROUNDS);
  // The middle one: the first rounds are compiled meanwhile, and some are swept up in between.
  const middle = takenInRound.sort((a, b) => a - b)[(ROUNDS - 1) / 2]!;
  expect(middle / READS_PER_ROUND / EDGES_PER_READ).toBeLessThan(BYTES_PER_EDGE_MAX);
});
