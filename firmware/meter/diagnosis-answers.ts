// `get waveform` and `get history`: what the diagnosis kept, and the last hour of a signal. Whoever
// asks may be hostile.

import {
  type SignalHistory,
  WAVEFORM_PART_BYTES_MAX,
  type WaveformPart,
} from "../../protocols/stream/frames.ts";
import { Unanswerable } from "../../protocols/stream/source.ts";
import { didYouMean } from "../../runtime/schema/suggest.ts";
import type { Mono } from "../../runtime/signal/instant.ts";
import type { DiagnosisStore } from "./diagnosis-desk.ts";
import type { Metering } from "./metering.ts";

type Arguments = Readonly<Record<string, unknown>>;

/** Samples of one answer; an hour of a signal has a few more at most. */
const HISTORY_SAMPLES_MAX = 4_000;

/** The answer as JSON text. @throws Unanswerable */
export async function waveformAnswer(store: DiagnosisStore, args: Arguments): Promise<string> {
  const { sha256, offset = 0 } = args;
  if (typeof sha256 !== "string") {
    throw new Unanswerable("bad-arguments", '"sha256" must name a waveform');
  }
  if (!Number.isSafeInteger(offset) || (offset as number) < 0) {
    throw new Unanswerable("bad-arguments", '"offset" must be a whole number of bytes');
  }
  const part = await store.readWaveform(sha256, offset as number, WAVEFORM_PART_BYTES_MAX);
  if (part === null) {
    const message = "no waveform of that name is kept; the oldest go where there is no room";
    throw new Unanswerable("bad-arguments", message);
  }
  const answer: WaveformPart = {
    size: part.size,
    offset: offset as number,
    base64: Buffer.from(part.bytes).toString("base64"),
  };
  return JSON.stringify(answer);
}

/** The answer as JSON text. @throws Unanswerable */
export function historyAnswer(metering: Metering, now: Mono, args: Arguments): string {
  const { image, history } = metering;
  const name = String(args["signal"]);
  const signal = image.indexOf(name);
  if (signal === undefined) {
    const hint = didYouMean(
      name,
      image.signals.map((known) => known.name),
    );
    throw new Unanswerable("bad-arguments", `there is no signal "${name}"${hint}`);
  }
  const values = new Float64Array(HISTORY_SAMPLES_MAX);
  const instants = new Float64Array(HISTORY_SAMPLES_MAX);
  const count = history.copy(signal, values, instants);
  const answer: SignalHistory = {
    ages: Array.from(instants.subarray(0, count), (at) => now - at),
    values: Array.from(values.subarray(0, count), (value) => (Number.isNaN(value) ? null : value)),
  };
  return JSON.stringify(answer);
}
