// The work of `telltale diagnose`: recording in, windows through the engine, report out.

import type { Circumstances, DiagnosisChannel } from "../../../runtime/diagnosis/channel.ts";
import {
  RecordingDiagnosis,
  type RecordingResult,
} from "../../../runtime/diagnosis/recording-diagnosis.ts";
import { sameFile } from "../../host/files.ts";
import { productKnowledge } from "../../knowledge/product-knowledge.ts";
import { badInput, replaceOutput } from "../read-input.ts";
import { openRecording, type Recording } from "../recording/recording.ts";
import { terminal } from "../terminal.ts";
import { bearingLines } from "./lines.ts";
import {
  bearingOption,
  channelOf,
  type DiagnoseOptions,
  rateOption,
  scaleOption,
  speedOption,
  withBarWindows,
} from "./options.ts";
import { plotSvg } from "./plot.ts";
import { type DiagnoseResult, resultOf } from "./result.ts";
import { RecordingSpectra } from "./spectra.ts";
import { type Picture, reportLines } from "./text.ts";

/** A last piece shorter than this share of a window is left out, unless it is all there is. */
const LAST_WINDOW_SHARE = 0.5;
/** The picture goes this far beyond the highest line that is looked for. */
const PICTURE_MARGIN = 1.08;
/** Where no bearing or no speed says how far. */
const PICTURE_HZ_DEFAULT = 500;

export async function runDiagnose(file: string, options: DiagnoseOptions): Promise<void> {
  // Everything that can be wrong with the options is said before the file is read.
  const rate = rateOption(options.rate);
  const scale = scaleOption(options.scale);
  const speedHz = speedOption(options.rpm);
  const { geometry, problem: bearingProblem } = bearingOption(options.bearing);
  const { format, channel: which, column, plot } = options;
  if (plot !== undefined && sameFile(plot, file)) {
    throw badInput(`--plot ${plot} is the recording itself`, "name another file for the picture");
  }
  const recording = openRecording(file, {
    rate,
    scale,
    ...(format !== undefined && { format }),
    ...(which !== undefined && { channel: which }),
    ...(column !== undefined && { column }),
  });
  try {
    const shortest = channelOf(options, recording.rate, recording.fullScale, geometry);
    let channel = withBarWindows(shortest, speedHz);
    let read = await diagnoseRecording(recording, channel, speedHz);
    if (read.samples < channel.windowSamples && channel !== shortest) {
      // Too short for rotor bars, and long enough for all else.
      channel = shortest;
      read = await diagnoseRecording(recording, channel, speedHz);
    }
    const { found, samples, spectra } = read;
    const isAssumed = options.unit === undefined && options.quantity === undefined;
    const result = resultOf({
      file,
      format: recording.format,
      samples,
      channel,
      speedHz,
      found,
      bearingProblem,
      knowledge: productKnowledge((sentence) => terminal.error(`warning: ${sentence}`)),
      notes: [
        ...recording.notes,
        ...(isAssumed ? ["no --unit was given: the samples are taken as acceleration in g"] : []),
      ],
    });
    const picture = pictureOf(result, channel, speedHz, spectra);
    if (plot !== undefined) replaceOutput(plot, plotSvg(result, spectra.signal(), picture));
    if (options.json) terminal.out(JSON.stringify(result, null, 2));
    else for (const line of reportLines(result, picture)) terminal.out(line);
  } finally {
    recording.close();
  }
}

interface ReadRecording {
  readonly found: RecordingResult;
  readonly samples: number;
  readonly spectra: RecordingSpectra;
}

/** Cuts the blocks into windows; the engine sees what the meter's thread would. */
async function diagnoseRecording(
  recording: Recording,
  channel: DiagnosisChannel,
  speedHz: number | null,
): Promise<ReadRecording> {
  const diagnosis = new RecordingDiagnosis(channel);
  const { rate, windowSamples } = channel;
  const spectra = new RecordingSpectra(rate, windowSamples);
  const circumstances: Circumstances = { speedHz, load: null, operatingState: "recording" };
  const window = new Float32Array(windowSamples);
  let filled = 0;
  let samples = 0;
  let windows = 0;
  const look = () => {
    windows++;
    const at = Math.floor((samples * 1_000) / rate);
    const { usable } = diagnosis.window(window, filled, circumstances, at);
    if (usable) spectra.add(window, filled);
    filled = 0;
  };
  for await (const block of recording.blocks()) {
    for (let taken = 0; taken < block.count; ) {
      const part = Math.min(block.count - taken, windowSamples - filled);
      window.set(block.samples.subarray(taken, taken + part), filled);
      filled += part;
      taken += part;
      samples += part;
      if (filled === windowSamples) look();
    }
    terminal.progress(`diagnosing: ${Math.floor(100 * recording.done())} %`);
  }
  if (filled >= LAST_WINDOW_SHARE * windowSamples || windows === 0) look();
  terminal.progress(null);
  return { found: diagnosis.result(), samples, spectra };
}

/** The spectrum that the verdict stands on, as far as the lines that were looked for. */
function pictureOf(
  { evidence, verdict }: DiagnoseResult,
  { bearings, rate }: DiagnosisChannel,
  speedHz: number | null,
  spectra: RecordingSpectra,
): Picture {
  const bearing = bearings[0];
  const hasLines = bearing !== undefined && speedHz !== null && speedHz > 0;
  const lines = hasLines ? bearingLines(bearing, speedHz) : [];
  const highest = lines.at(-1)?.hz ?? PICTURE_HZ_DEFAULT / PICTURE_MARGIN;
  const toHz = Math.min(rate / 2, highest * PICTURE_MARGIN);
  const winner = evidence.find(({ candidate }) => candidate === verdict);
  const isRaw = winner?.lines[0]?.spectrum === "envelope";
  const name = isRaw ? "envelope" : "envelope-prewhitened";
  return { name, spectrum: isRaw ? spectra.envelope() : spectra.whitenedEnvelope(), toHz, lines };
}
