// Compares what the product recorded with what the wire carried, frame by frame. The devices'
// counted registers say who they are and how often they were read (rtu-slave.c), so each value is
// known by the one answer that brought it.

import type { SampleRecord } from "../../runtime/journal/record.ts";
import type { WireFrame } from "../place.ts";

const COUNTED_FROM = 1_000;
const BITS_PER_CHARACTER = 10;
/**
 * The silence between two frames above 19,200 baud, and below (Modbus over serial line, 2.5.1.1).
 */
const GAP_MS = 1.75;
const GAP_CHARACTERS = 3.5;
/** Records have whole milliseconds. */
const ROUNDING_MS = 1;

/** The register pair that is asked for as number `pair`. */
export function countedRegister(pair: number): number {
  return COUNTED_FROM + 2 * pair;
}

/** A request with the answer that the wire was given for it, if any. */
export interface Exchange {
  readonly request: WireFrame;
  readonly answer: WireFrame | null;
}

export function exchangesOf(log: readonly WireFrame[]): readonly Exchange[] {
  const frames = log.toSorted((one, other) => one.beganAt - other.beganAt);
  return frames.flatMap((request, index) => {
    if (request.way !== "request") return [];
    const next = frames[index + 1];
    return [{ request, answer: next?.way === "answer" ? next : null }];
  });
}

/**
 * The four bytes of an answer's register pair, as the number that the machine file makes of them.
 */
function numberIn({ sent }: WireFrame): number {
  return Number.parseInt(sent.slice(6, 14), 16);
}

/**
 * Good values that are not the answer to the request which was under way when they were taken:
 * another register's, an older answer of the same one, or none that was ever sent.
 */
export function wrongValues(
  samples: readonly SampleRecord[],
  pairOf: (signal: string) => number,
  exchanges: readonly Exchange[],
): readonly string[] {
  const positions = new Map<number, number>();
  for (const [position, { answer }] of exchanges.entries()) {
    if (answer !== null) positions.set(numberIn(answer), position);
  }
  return samples.flatMap(({ signal, value, mono, quality }) => {
    if (quality !== "good" || value === null) return [];
    const position = positions.get(value);
    const what = `${signal} = 0x${value.toString(16)} at ${mono}`;
    if (value >>> 16 !== pairOf(signal)) return [`${what}: another register's`];
    if (position === undefined) return [`${what}: never sent`];
    const next = exchanges[position + 1]?.request;
    const isLate = next !== undefined && mono - ROUNDING_MS > next.beganAt;
    return isLate ? [`${what}: to an earlier request`] : [];
  });
}

/**
 * The time that nobody could save: characters at the baud rate, the devices' own pauses, the
 * silence between frames, and for each answer that did not come in time the declared timeout and
 * the declared time until which it may still come.
 */
export function permittedMs(
  exchanges: readonly Exchange[],
  {
    baudRate,
    timeoutMs,
    latenessMaxMs,
  }: {
    readonly baudRate: number;
    readonly timeoutMs: number;
    readonly latenessMaxMs: number;
  },
): number {
  const characterMs = (BITS_PER_CHARACTER / baudRate) * 1_000;
  const gapMs = Math.max(GAP_MS, GAP_CHARACTERS * characterMs);
  return exchanges.reduce((sum, { request, answer }) => {
    const requestMs = request.endedAt - request.beganAt;
    const hasCome = answer !== null && answer.arrived.length >= answer.sent.length;
    const answerMs = hasCome ? answer.endedAt - request.endedAt : timeoutMs + latenessMaxMs;
    return sum + requestMs + answerMs + gapMs;
  }, 0);
}
