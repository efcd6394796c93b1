// A recording that a person names on the command line, in blocks of samples: whatever its format
// and however long, a fixed piece of it is in memory.

import type { SampleFormat } from "../../../drivers/waveform/sample-format.ts";
import { bytesPerSample, decodeSamples } from "../../../drivers/waveform/sample-format.ts";
import { Fault } from "../../../runtime/signal/fault.ts";
import { RecordingFile } from "../../host/recording-file.ts";
import { csvBlocks } from "./csv-samples.ts";
import { readWavHeader } from "./wav-header.ts";

export const RECORDING_FORMATS = ["f32", "i16", "wav", "csv"] as const;
export type RecordingFormat = (typeof RECORDING_FORMATS)[number];

/** Samples per block: large enough that the calls do not show, small beside any memory. */
export const BLOCK_SAMPLES = 16_384;
/** Interleaved channels of a raw file. */
const CHANNELS_MAX = 256;

export interface RecordingOptions {
  readonly format?: string;
  /** Samples per second; null where only the file can say. */
  readonly rate: number | null;
  readonly scale: number;
  /** `2`, or `2/4` for the second of four in a file that does not say how many it has. */
  readonly channel?: string;
  /** A CSV's column, by name or by number from 1. */
  readonly column?: string;
}

export interface RecordedBlock {
  /** In the unit of the recording. The next block overwrites it. */
  readonly samples: Float32Array;
  readonly count: number;
}

export interface Recording {
  readonly file: string;
  readonly format: RecordingFormat;
  readonly bytes: number;
  readonly rate: number;
  /** Absolute value at which the format itself clips; null where it has no end. */
  readonly fullScale: number | null;
  /** What a reader should know: a header that lies, a rate that was overruled. */
  readonly notes: readonly string[];
  /** From the beginning, each time. */
  blocks(): AsyncIterable<RecordedBlock>;
  /** The share of the file that was read, 0 to 1. */
  done(): number;
  close(): void;
}

/** @throws Fault SETTING_INVALID where it cannot be read as what it is said to be. */
export function openRecording(file: string, options: RecordingOptions): Recording {
  const source = new RecordingFile(file);
  try {
    const format = formatOf(source, options.format);
    if (format === "csv") return csvRecording(source, options);
    return format === "wav" ? wavRecording(source, options) : rawRecording(source, format, options);
  } catch (error) {
    source.close();
    throw error;
  }
}

function formatOf(source: RecordingFile, given: string | undefined): RecordingFormat {
  if (given !== undefined) {
    const known = RECORDING_FORMATS.find((format) => format === given);
    if (known !== undefined) return known;
    throw invalid(`--format ${given} is unknown`, `it is one of ${RECORDING_FORMATS.join(", ")}`);
  }
  const ending = source.file.toLowerCase().split(".").at(-1);
  const byName = RECORDING_FORMATS.find((format) => format === ending);
  if (byName !== undefined) return byName;
  const what = `${source.file}: its name does not say what it holds`;
  throw invalid(what, `give --format, one of ${RECORDING_FORMATS.join(", ")}`);
}

interface Layout {
  readonly sampleFormat: SampleFormat;
  readonly offset: number;
  readonly bytes: number;
  readonly frameBytes: number;
  /** Of the wanted channel within a frame. */
  readonly channelOffset: number;
  readonly scale: number;
}

function rawRecording(
  source: RecordingFile,
  format: "f32" | "i16",
  options: RecordingOptions,
): Recording {
  const sampleFormat = format === "f32" ? "f32le" : "s16le";
  const width = bytesPerSample(sampleFormat);
  const { channel, channels } = channelOf(options.channel, null);
  const frameBytes = width * channels;
  const rest = source.size % frameBytes;
  if (rest > 0) {
    throw invalid(
      `${source.file} has ${source.size} bytes, which are no whole number of ${format} samples: ` +
        `${rest} are left over`,
      "look whether the format is right, and whether the file was copied whole",
    );
  }
  const layout = {
    sampleFormat,
    offset: 0,
    bytes: source.size,
    frameBytes,
    channelOffset: channel * width,
    scale: options.scale,
  } as const;
  return {
    ...streamed(source, layout),
    format,
    rate: options.rate ?? lackingRate(source.file),
    fullScale: format === "i16" ? 2 ** 15 * options.scale : null,
    notes: [],
  };
}

function wavRecording(source: RecordingFile, options: RecordingOptions): Recording {
  const header = readWavHeader(source.file, source.size, (into, at) => source.read(into, at));
  const { channel } = channelOf(options.channel, header.channels);
  const width = bytesPerSample(header.sampleFormat);
  const layout = {
    sampleFormat: header.sampleFormat,
    offset: header.dataOffset,
    bytes: header.dataBytes,
    frameBytes: width * header.channels,
    channelOffset: channel * width,
    scale: options.scale / header.fullScaleRaw,
  };
  const notes = [...header.notes];
  if (options.rate !== null && options.rate !== header.rate) {
    notes.push(`the header says ${header.rate} Hz; the given ${options.rate} Hz is believed`);
  }
  if (options.channel === undefined && header.channels > 1) {
    notes.push(`the first of ${header.channels} channels is taken; --channel chooses another`);
  }
  const isFloat = header.fullScaleRaw === 1;
  return {
    ...streamed(source, layout),
    format: "wav",
    rate: (options.rate ?? header.rate) || lackingRate(source.file),
    fullScale: isFloat ? null : options.scale,
    notes,
  };
}

function csvRecording(source: RecordingFile, options: RecordingOptions): Recording {
  const state = { position: 0 };
  return {
    file: source.file,
    format: "csv",
    bytes: source.size,
    rate: options.rate ?? lackingRate(source.file),
    fullScale: null,
    notes: [],
    blocks: () => csvBlocks(source, options, state),
    done: () => (source.size === 0 ? 1 : state.position / source.size),
    close: () => source.close(),
  };
}

function streamed(source: RecordingFile, layout: Layout) {
  const state = { position: 0 };
  return {
    file: source.file,
    bytes: source.size,
    blocks: () => binaryBlocks(source, layout, state),
    done: () => (layout.bytes === 0 ? 1 : state.position / layout.bytes),
    close: () => source.close(),
  };
}

async function* binaryBlocks(
  source: RecordingFile,
  { sampleFormat, offset, bytes, frameBytes, channelOffset, scale }: Layout,
  state: { position: number },
): AsyncGenerator<RecordedBlock> {
  const raw = new Uint8Array(BLOCK_SAMPLES * frameBytes);
  const view = new DataView(raw.buffer);
  const samples = new Float32Array(BLOCK_SAMPLES);
  state.position = 0;
  while (state.position < bytes) {
    const wanted = Math.min(raw.length, bytes - state.position);
    const got = source.read(raw.subarray(0, wanted), offset + state.position);
    const count = Math.floor(got / frameBytes);
    // Somebody made the file shorter while it was read.
    if (count === 0) return;
    decodeSamples(sampleFormat, view, channelOffset, frameBytes, count, samples, 0);
    if (scale !== 1) for (let index = 0; index < count; index++) samples[index]! *= scale;
    state.position += count * frameBytes;
    yield { samples, count };
  }
}

/** @param has how many channels the file says it has; null where it does not say. */
function channelOf(given: string | undefined, has: number | null) {
  if (given === undefined) return { channel: 0, channels: has ?? 1 };
  const [, one, of] = /^(\d{1,4})(?:\/(\d{1,4}))?$/.exec(given) ?? [];
  const channel = Number(one);
  const channels = has ?? Number(of ?? 1);
  const fits = channel >= 1 && channel <= channels && channels <= CHANNELS_MAX;
  if (fits && (of === undefined || Number(of) === channels)) {
    return { channel: channel - 1, channels };
  }
  const what = has === null ? "a file of this format" : `the file, which has ${has} channels`;
  throw invalid(
    `--channel ${given} does not fit ${what}`,
    "count from 1; for f32 and i16 give the number of channels too, as in 2/4",
  );
}

function lackingRate(file: string): never {
  throw invalid(
    `${file} does not say how many samples there are in a second`,
    "give it as --rate HZ",
  );
}

function invalid(message: string, remedy: string): Fault {
  return new Fault("SETTING_INVALID", message, remedy);
}
