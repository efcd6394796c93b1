// For tests: WAV files that are right, or wrong in one place.

import { bytesPerSample, type SampleFormat } from "../../../drivers/waveform/sample-format.ts";

interface WavParts {
  readonly format: SampleFormat;
  /** All channels, interleaved; −1 to 1 where the format is not floating point. */
  readonly frames: readonly number[];
  readonly rate?: number;
  readonly channels?: number;
  readonly bits?: number;
  readonly tag?: number;
  readonly frameBytes?: number;
  /** What the header says; else what is true. */
  readonly dataLength?: number;
}

export function wavBytes(parts: WavParts): Uint8Array {
  const { format, frames, rate = 1_000, channels = 1 } = parts;
  const width = bytesPerSample(format);
  const bytes = Buffer.alloc(44 + frames.length * width);
  bytes.write("RIFF", 0, "latin1");
  bytes.writeUInt32LE(bytes.length - 8, 4);
  bytes.write("WAVEfmt ", 8, "latin1");
  bytes.writeUInt32LE(16, 16);
  bytes.writeUInt16LE(parts.tag ?? (format.startsWith("f") ? 3 : 1), 20);
  bytes.writeUInt16LE(channels, 22);
  bytes.writeUInt32LE(rate, 24);
  bytes.writeUInt32LE(rate * width * channels, 28);
  bytes.writeUInt16LE(parts.frameBytes ?? width * channels, 32);
  bytes.writeUInt16LE(parts.bits ?? width * 8, 34);
  bytes.write("data", 36, "latin1");
  bytes.writeUInt32LE(parts.dataLength ?? frames.length * width, 40);
  frames.forEach((value, index) => {
    const at = 44 + index * width;
    if (format === "f32le") bytes.writeFloatLE(value, at);
    else if (format === "f64le") bytes.writeDoubleLE(value, at);
    else bytes.writeIntLE(Math.round(value * 2 ** (8 * width - 1)), at, width);
  });
  return bytes;
}
