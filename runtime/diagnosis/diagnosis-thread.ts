// Entry of the diagnosis thread: takes each window out of its ring, computes its features, says
// what can be concluded, and answers. It may lag; it can never make the acquisition wait.

import { createHash } from "node:crypto";
import { parentPort, workerData } from "node:worker_threads";
import { computeFeatures, FEATURES } from "../dsp/features.ts";
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
const { channels, learned } = workerData as DiagnosisThreadData;
const readers = channels.map(({ ring }) => new RingReader(ring));
/** One buffer for all channels: windows are computed one after the other. */
const samples = new Float32Array(Math.max(...channels.map((channel) => channel.windowSamples)));
const plainValues = new Float64Array(FEATURES.length);
const diagnosis = new MachineDiagnosis({
  channels: channels.map((channel) => channel.diagnosis),
  learned,
  hash: hashOf,
});

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
  const { features, said } = diagnosis.window(channel, samples, windowSamples, circumstances, at);
  return features === null
    ? { t: "none", channel, reason: "sensor-fault", at, said }
    : { t: "features", channel, values: features, at, said };
}

function copyOf(channel: number, endPosition: number, count: number): CopiedWaveform | null {
  const copy = new Float32Array(count);
  if (!readers[channel]!.copyEndingAt(endPosition, count, copy)) return null;
  return { samples: copy, sha256: hashOf(copy) };
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
