// The header of a WAV file: what it says, and where it cannot be believed. Layout after Microsoft,
// "Multimedia Programming Interface and Data Specifications 1.0" (1991), and RFC 2361.

import type { SampleFormat } from "../../../drivers/waveform/sample-format.ts";
import { Fault } from "../../../runtime/signal/fault.ts";

export interface WavHeader {
  readonly sampleFormat: SampleFormat;
  readonly channels: number;
  readonly rate: number;
  /** Where the samples begin, and how many bytes of whole frames there are. */
  readonly dataOffset: number;
  readonly dataBytes: number;
  /** Raw value of full scale: 32768 for 16 bits, 1 for floating point. */
  readonly fullScaleRaw: number;
  /** Where the header and the file disagree, and what was made of it. */
  readonly notes: readonly string[];
}

/** A file has a handful; one with more is none of ours and would only be walked through. */
const CHUNKS_MAX = 256;
/** Real measurements have 1 to 32. */
const CHANNELS_MAX = 256;
const FORMAT_BYTES_MIN = 16;
const EXTENSIBLE = 0xfffe;
/** What a program writes that did not know the length when it wrote the header. */
const LENGTHS_UNKNOWN: readonly number[] = [0, 0xffff_ffff];

/** Fills `into` from the position on; says how many bytes came. */
export type ReadAt = (into: Uint8Array, position: number) => number;

/** @throws Fault SETTING_INVALID where it is no WAV file or one of a kind that is not read. */
export function readWavHeader(file: string, size: number, read: ReadAt): WavHeader {
  const head = new Uint8Array(12);
  if (read(head, 0) < 12 || !["RIFF", "RF64"].includes(ascii(head, 0)) || ascii(head, 8) !== "WAVE")
    throw invalid(file, "it does not begin as a WAV file does", "Give its --format.");
  let format: Format | null = null;
  const chunk = new Uint8Array(8);
  let position = 12;
  for (let count = 0; count < CHUNKS_MAX && read(chunk, position) === 8; count++) {
    const id = ascii(chunk, 0);
    const length = viewOf(chunk).getUint32(4, true);
    const at = position + 8;
    if (id === "fmt ") format = readFormat(file, at, length, read);
    if (id === "data") {
      if (format === null) break;
      return { ...format, ...dataOf(at, length, size, format) };
    }
    // Chunks begin at even positions.
    position = at + length + (length % 2);
  }
  const lacking = format === null ? "does not say what its samples are" : "has no samples";
  throw invalid(file, `its header ${lacking}`, "Write it anew, or give it as --format f32 or i16.");
}

type Format = Omit<WavHeader, "dataOffset" | "dataBytes" | "notes"> & { readonly frame: number };

function readFormat(file: string, at: number, length: number, read: ReadAt): Format {
  const bytes = new Uint8Array(26);
  const got = read(bytes.subarray(0, Math.min(length, bytes.length)), at);
  if (got < FORMAT_BYTES_MIN) throw invalid(file, "its header is cut off", "Copy it again.");
  const view = viewOf(bytes);
  const isExtensible = view.getUint16(0, true) === EXTENSIBLE && got >= 26;
  const tag = view.getUint16(isExtensible ? 24 : 0, true);
  const channels = view.getUint16(2, true);
  const rate = view.getUint32(4, true);
  const frame = view.getUint16(12, true);
  const bits = view.getUint16(14, true);
  const kind = KINDS[`${tag}/${bits}`];
  if (kind === undefined) {
    const what = `it has ${bits}-bit samples of WAV format ${tag}`;
    throw invalid(file, what, "Read are PCM with 16, 24 or 32 bits and floats with 32 or 64.");
  }
  if (channels < 1 || channels > CHANNELS_MAX || frame !== (channels * bits) / 8) {
    const what = `its header contradicts itself: ${channels} channels of ${bits} bits`;
    const remedy = "Write it anew; nobody can say how its samples are to be read.";
    throw invalid(file, `${what} in ${frame} bytes`, remedy);
  }
  const [sampleFormat, fullScaleRaw] = kind;
  return { sampleFormat, fullScaleRaw, channels, rate, frame };
}

const KINDS: Readonly<Record<string, readonly [SampleFormat, number]>> = {
  "1/16": ["s16le", 2 ** 15],
  "1/24": ["s24le", 2 ** 23],
  "1/32": ["s32le", 2 ** 31],
  "3/32": ["f32le", 1],
  "3/64": ["f64le", 1],
};

function dataOf(dataOffset: number, length: number, size: number, { frame }: Format) {
  const notes: string[] = [];
  const there = Math.max(0, size - dataOffset);
  let bytes = length;
  if (LENGTHS_UNKNOWN.includes(length) && there > 0) {
    notes.push(`the header does not say how long the recording is; all ${there} bytes are read`);
    bytes = there;
  } else if (length > there) {
    notes.push(`the header promises ${length} bytes and the file has ${there}: it was cut off`);
    bytes = there;
  }
  const rest = bytes % frame;
  if (rest > 0) notes.push(`the last ${rest} bytes are no whole sample and are left out`);
  return { dataOffset, dataBytes: bytes - rest, notes };
}

function ascii(bytes: Uint8Array, at: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + 4));
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function invalid(file: string, what: string, remedy: string): Fault {
  return new Fault("SETTING_INVALID", `${file} cannot be read as WAV: ${what}`, remedy);
}
