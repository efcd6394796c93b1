// Entry of the diagnosis thread: takes each window out of its ring, computes its features, says
// what can be concluded, and answers. It may lag; it can never make the acquisition wait.

import { createHash } from "node:crypto";
import { parentPort, workerData } from "node:worker_threads";
import { computeFeatures, FEATURES } from "../dsp/features.ts";
import type { EvidenceWindow } from "../journal/record.ts";
import { HistoryReader } from "../ring/history-ring.ts";
import { RingReader } from "../ring/ring.ts";
import type { Circumstances } from "./channel.ts";
import type {
  CopiedWaveform,
  DiagnosisThreadData,
  FromDiagnosisThread,
  ToDiagnosisThread,
} from "./diagnosis-messages.ts";
import { MachineDiagnosis } from "./machine-diagnosis.ts";

const port = parentPort!;
const { channels, signals, learnMs, standing, inheritance } = workerData as DiagnosisThreadData;
const readers = channels.map(({ ring }) => new RingReader(ring));
/** One buffer for all channels: windows are computed one after the other. */
const samples = new Float32Array(
  Math.max(0, ...channels.map(({ windowSamples }) => windowSamples)),
);
const plainValues = new Float64Array(FEATURES.length);
/** Windows that findings stand on, of all channels, the newest last. */
const evidence: {
  readonly channel: number;
  readonly endPosition: number;
  readonly sha256: string;
}[] = [];
/** As many as can lie within one copy; older ones are no longer in the ring. */
const EVIDENCE_MAX = 64;
let looksAt = { channel: 0, endPosition: 0 };

const diagnosis = new MachineDiagnosis({
  channels: channels.map((channel) => channel.diagnosis),
  watched: signals.watched,
  learnMs,
  standing,
  hash(waveform) {
    const sha256 = hashOf(waveform);
    evidence.push({ ...looksAt, sha256 });
    if (evidence.length > EVIDENCE_MAX) evidence.shift();
    return sha256;
  },
});
const history = new HistoryReader(signals.layout, signals.history);
const newestValue = new Float64Array(1);
const newestAt = new Float64Array(1);
const watchedValues = new Float64Array(signals.rows.length);

if (inheritance !== null) {
  const reasons = diagnosis.restore(inheritance.learned, inheritance.shiftMs);
  if (reasons.length > 0) say({ t: "refused", reasons });
}

function hashOf(waveform: Float32Array): string {
  const { buffer, byteOffset, byteLength } = waveform;
  return createHash("sha256")
    .update(new Uint8Array(buffer, byteOffset, byteLength))
    .digest("hex");
}

function answer(
  channel: number,
  endPosition: number,
  at: number,
  circumstances: Circumstances | null,
): FromDiagnosisThread {
  const { windowSamples, diagnosis: diagnosed } = channels[channel]!;
  if (!readers[channel]!.copyEndingAt(endPosition, windowSamples, samples)) {
    return { t: "none", channel, reason: "overrun", at, said: null };
  }
  if (diagnosed === null) {
    return computeFeatures(samples, windowSamples, plainValues) === "whole"
      ? { t: "features", channel, values: plainValues, at, said: null }
      : { t: "none", channel, reason: "sensor-fault", at, said: null };
  }
  looksAt = { channel, endPosition };
  const { features, said } = diagnosis.window(channel, samples, windowSamples, circumstances, at);
  return features === null
    ? { t: "none", channel, reason: "sensor-fault", at, said }
    : { t: "features", channel, values: features, at, said };
}

/** A value that nobody has confirmed since the last look is not looked at twice. */
function lookAtSignals(at: number, seconds: number, operatingState: string): void {
  for (const [position, row] of signals.rows.entries()) {
    const isThere = history.copy(row, newestValue, newestAt) === 1;
    const isFresh = isThere && at - newestAt[0]! <= signals.layout.apartMs[row]! + seconds * 1_000;
    watchedValues[position] = isFresh ? newestValue[0]! : Number.NaN;
  }
  const words = diagnosis.signals(watchedValues, seconds, operatingState, at);
  if (words !== null) say({ t: "signals", said: words, at });
}

function copyOf(channel: number, endPosition: number, count: number): CopiedWaveform | null {
  const copy = new Float32Array(count);
  if (!readers[channel]!.copyEndingAt(endPosition, count, copy)) return null;
  const { windowSamples } = channels[channel]!;
  const windows: EvidenceWindow[] = [];
  for (const { channel: heard, endPosition: end, sha256 } of evidence) {
    // Positions are modulo 2^32: what ends behind the copy is far away by this count.
    const offset = count - windowSamples - ((endPosition - end) >>> 0);
    if (heard === channel && offset >= 0) windows.push({ sha256, offset, samples: windowSamples });
  }
  return { samples: copy, sha256: hashOf(copy), windows };
}

function say(message: FromDiagnosisThread, transfer: readonly ArrayBuffer[] = []): void {
  port.postMessage(message, transfer);
}

port.on("message", (message: ToDiagnosisThread) => {
  switch (message.t) {
    case "window":
      say(answer(message.channel, message.endPosition, message.at, message.circumstances));
      break;
    case "copy": {
      const copy = copyOf(message.channel, message.endPosition, message.samples);
      const transfer = copy === null ? [] : [copy.samples.buffer as ArrayBuffer];
      say({ t: "copied", key: message.key, copy }, transfer);
      break;
    }
    case "signals":
      lookAtSignals(message.at, message.seconds, message.operatingState);
      break;
    case "maintained":
      diagnosis.maintained(message.at);
      break;
    case "learned":
      say({ t: "learned", learned: diagnosis.learned() });
      break;
    case "close":
      port.close();
      break;
  }
});
