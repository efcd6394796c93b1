// Entry of the feature thread: takes each window out of its ring, computes its features and
// answers. It may lag; it can never make the acquisition wait.

import { parentPort, workerData } from "node:worker_threads";
import { RingReader } from "../ring/ring.ts";
import type { FeatureThreadData, FromFeatureThread, ToFeatureThread } from "./feature-messages.ts";
import { computeFeatures, FEATURES } from "./features.ts";

const port = parentPort!;
const { channels } = workerData as FeatureThreadData;
const readers = channels.map(({ ring }) => new RingReader(ring));
/** One buffer for all channels: windows are computed one after the other. */
const samples = new Float32Array(Math.max(...channels.map((channel) => channel.windowSamples)));
const values = new Float64Array(FEATURES.length);

function answer(channel: number, endPosition: number, at: number): FromFeatureThread {
  const { windowSamples } = channels[channel]!;
  if (!readers[channel]!.copyEndingAt(endPosition, windowSamples, samples)) {
    return { t: "none", channel, reason: "overrun", at };
  }
  if (computeFeatures(samples, windowSamples, values) !== "whole") {
    return { t: "none", channel, reason: "sensor-fault", at };
  }
  return { t: "features", channel, values, at };
}

port.on("message", (message: ToFeatureThread) => {
  if (message.t === "close") port.close();
  else port.postMessage(answer(message.channel, message.endPosition, message.at));
});
