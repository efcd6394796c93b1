// `telltale waveform`: the waveforms that a running instance kept around its alarms, as a list, or
// one of them as a file.

import type { Command } from "commander";
import type { WaveformPart } from "../../protocols/stream/frames.ts";
import type { WaveformRecord } from "../../runtime/journal/record.ts";
import { sha256Hex } from "../../runtime/ledger/bytes.ts";
import { Fault } from "../../runtime/signal/fault.ts";
import { writeNewFile } from "../host/files.ts";
import { askInstance, connectLocally, type LocalReader } from "./local-reader.ts";
import { dataOption } from "./options.ts";
import { urlOption } from "./status.ts";
import { terminal } from "./terminal.ts";

const EXAMPLES = `
A file holds 32-bit little-endian floats in the unit that the list names, and nothing else.

Examples:
  telltale waveform
  telltale waveform 3f2a --out bearing.f32
  telltale waveform bearing.bearing-inner.driveEnd
  telltale diagnose bearing.f32 --rate 25600 --rpm 1480 --bearing 6205`;

/** Records that one answer looks at; a filter lets few of them through. */
const RECORDS_PER_ASK = 1_000;
/** As many as a person looks through. */
const SHOWN_MAX = 200;
/** What the meter keeps at most is far below. */
const BYTES_MAX = 256e6;
/** As long as it takes to tell one from another. */
const SHORT_NAME = 12;

interface WaveformOptions {
  readonly data?: string;
  readonly url?: string;
  readonly out?: string;
  readonly json?: true;
}

interface RecordsAnswer {
  readonly from: number;
  readonly to: number;
  readonly records: readonly WaveformRecord[];
}

export function registerWaveform(program: Command): void {
  program
    .command("waveform")
    .description("the waveforms that were kept around alarms; --out writes one to a file")
    .argument("[name]", "the beginning of its hash or of a hash in an alarm, or an alarm")
    .addOption(dataOption())
    .addOption(urlOption())
    .option("--out <file>", "where to write it; the file must not be there yet")
    .option("--json", "print the list as one JSON array")
    .addHelpText("after", EXAMPLES)
    .action(async (name: string | undefined, options: WaveformOptions) => {
      if (options.out !== undefined && name === undefined) {
        const remedy = "write `telltale waveform NAME --out FILE`; without --out all are listed";
        throw new Fault("SETTING_INVALID", "--out is for one waveform, and none is named", remedy);
      }
      const reader = await connectLocally(options);
      try {
        const all = await keptWaveforms(reader);
        const kept = name === undefined ? all : all.filter((record) => isNamed(record, name));
        if (name !== undefined && kept.length === 0) throw noneNamed(name);
        if (options.out === undefined) show(kept, options.json === true);
        else await fetchTo(reader, theOne(kept, name!), options.out);
      } finally {
        reader.client.close();
      }
    });
}

/** Oldest first. */
async function keptWaveforms(reader: LocalReader): Promise<readonly WaveformRecord[]> {
  const found: WaveformRecord[] = [];
  const { oldest, newest } = reader.hello;
  for (let position = oldest - 1; position < newest; ) {
    const answer = (await askInstance(reader, "records", {
      position,
      limit: RECORDS_PER_ASK,
      filter: { kinds: ["waveform"] },
    })) as RecordsAnswer;
    found.push(...answer.records);
    if (answer.to <= position) break;
    position = answer.to;
    terminal.progress(`record ${position} of ${newest}`);
  }
  terminal.progress(null);
  return found.slice(-SHOWN_MAX);
}

/** By its own hash, by that of a window in it (which an alarm names), or by the alarm. */
function isNamed({ sha256, windows, alarms }: WaveformRecord, name: string): boolean {
  return (
    sha256.startsWith(name) ||
    windows.some((window) => window.sha256.startsWith(name)) ||
    alarms.includes(name)
  );
}

function noneNamed(name: string): Fault {
  return new Fault(
    "SETTING_INVALID",
    `no kept waveform begins with ${name}, has a window that does, or is of an alarm ${name}`,
    "look at `telltale waveform`; one is there some seconds after its alarm, and the oldest go",
  );
}

function theOne(kept: readonly WaveformRecord[], name: string): WaveformRecord {
  const names = new Set(kept.map(({ sha256 }) => sha256));
  if (names.size === 1) return kept[0]!;
  const remedy = `look at \`telltale waveform ${name}\` for the names, and write more of one`;
  throw new Fault("SETTING_INVALID", `${names.size} waveforms answer to ${name}`, remedy);
}

function show(kept: readonly WaveformRecord[], asJson: boolean): void {
  if (asJson) {
    terminal.out(JSON.stringify(kept, null, 2));
    return;
  }
  if (kept.length === 0) terminal.out("no waveform was kept: no alarm about one was raised");
  for (const { sha256, utc, waveform, samples, rate, unit, alarms } of kept) {
    const when = utc === null ? "undated" : new Date(utc).toISOString().slice(0, 19);
    const length = `${(samples / rate).toFixed(1)} s at ${rate} Hz in ${unit}`;
    terminal.out(`${sha256.slice(0, SHORT_NAME)}  ${when}  ${waveform}  ${length}`);
    terminal.out(`${" ".repeat(SHORT_NAME)}  ${alarms.join(", ")}`);
  }
}

async function fetchTo(reader: LocalReader, record: WaveformRecord, file: string): Promise<void> {
  const { sha256, samples, rate, unit } = record;
  const bytes = await download(reader, sha256);
  if (sha256Hex(bytes) !== sha256) {
    const remedy = "fetch it again; if it comes again, the card of the controller is worn";
    throw new Fault("PEER_UNREACHABLE", "the samples are not those that were kept", remedy);
  }
  if (!writeNewFile(file, bytes)) {
    throw new Fault("SETTING_INVALID", `${file} is there already`, "name another file");
  }
  terminal.error(`${file}: ${samples} samples at ${rate} Hz in ${unit}, 32-bit floats`);
}

async function download(reader: LocalReader, sha256: string): Promise<Uint8Array> {
  let whole = new Uint8Array(0);
  let offset = 0;
  do {
    const part = (await askInstance(reader, "waveform", { sha256, offset })) as WaveformPart;
    if (part.size > BYTES_MAX) {
      throw new Fault("PEER_UNREACHABLE", `${part.size} bytes are too many`, "is that a meter?");
    }
    if (offset === 0) whole = new Uint8Array(part.size);
    const bytes = Buffer.from(part.base64, "base64");
    if (bytes.length === 0) break;
    whole.set(bytes.subarray(0, whole.length - offset), offset);
    offset += bytes.length;
    terminal.progress(`${offset} of ${whole.length} bytes`);
  } while (offset < whole.length);
  terminal.progress(null);
  return whole;
}
