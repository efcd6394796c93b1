// What a replay feeds: recordings as a course of events, each with its instant.

import type { Mono } from "../../../runtime/signal/instant.ts";
import { RecordingFile } from "../../host/recording-file.ts";
import type { Machine, MachineWaveform } from "../../machine-file/machine.ts";
import { badInput } from "../read-input.ts";
import { csvRows } from "../recording/csv-samples.ts";
import { openRecording, type Recording } from "../recording/recording.ts";

/** Where the values of a recording go: intake and waveforms of a meter. */
export interface FeedTarget {
  /** In the signal's unit; null where the recording has none. */
  signal(index: number, value: number | null, at: Mono): void;
  block(waveform: number, samples: Float32Array, count: number, at: Mono): void;
}

export interface FeedEvent {
  /** Milliseconds since the beginning of the recording. */
  readonly atMs: number;
  apply(target: FeedTarget, at: Mono): void;
}

export interface Feed {
  /** Wall time at the beginning; null where the recording does not know. */
  readonly utc: number | null;
  readonly notes: readonly string[];
  /** In order of time. */
  events(): AsyncGenerator<FeedEvent>;
  close(): void;
}

export interface FeedOptions {
  readonly format?: string;
  readonly rate: number | null;
  /** Null where none was given. */
  readonly scale: number | null;
  readonly channel?: string;
  readonly waveform?: string;
  readonly time?: string;
}

/** Blocks come as often as a meter's tick, so that time is settled in between. */
const BLOCKS_PER_SECOND = 4;
const MS_PER_SECOND = 1_000;

export async function openFeed(
  file: string,
  machine: Machine,
  options: FeedOptions,
): Promise<Feed> {
  const isTable = (options.format ?? file.toLowerCase().split(".").at(-1)) === "csv";
  if (isTable && options.waveform === undefined) return await tableFeed(file, machine, options);
  const waveform = waveformOf(machine, options.waveform);
  const definition = machine.waveforms[waveform]!;
  const { rate, scale, format, channel } = options;
  const recording = openRecording(file, {
    rate: rate ?? (file.toLowerCase().endsWith(".wav") ? null : definition.rate),
    scale: scale ?? 1,
    ...(format !== undefined && { format }),
    ...(channel !== undefined && { channel }),
  });
  if (recording.rate !== definition.rate) {
    recording.close();
    throw badInput(
      `${file} has ${recording.rate} samples in a second, and ${definition.name} of the machine ` +
        `file ${definition.rate}`,
      "replay a recording of the same rate, or correct the machine file",
    );
  }
  // What a device gives is raw; what was recorded in floats, or given a scale, is in the unit.
  const isRaw = recording.format === "i16" && scale === null;
  return {
    utc: null,
    notes: recording.notes,
    events: () => waveformEvents(recording, waveform, definition, isRaw ? 1 : definition.scale),
    close: () => recording.close(),
  };
}

function waveformOf({ waveforms }: Machine, name: string | undefined): number {
  const names = waveforms.map((waveform) => waveform.name);
  if (names.length === 0) {
    throw badInput("the machine file has no waveform that a recording could be", "add one");
  }
  if (name === undefined && names.length === 1) return 0;
  const index = names.indexOf(name ?? "");
  if (index !== -1) return index;
  const what = name === undefined ? "the machine file has several" : `there is no "${name}"`;
  throw badInput(`which waveform the recording is: ${what}`, `--waveform ${names.join(" or ")}`);
}

/** @param divisor what the meter will multiply the samples by. */
async function* waveformEvents(
  recording: Recording,
  waveform: number,
  { rate }: MachineWaveform,
  divisor: number,
): AsyncGenerator<FeedEvent> {
  const blockSamples = Math.max(1, Math.floor(rate / BLOCKS_PER_SECOND));
  let fed = 0;
  for await (const { samples, count } of recording.blocks()) {
    if (divisor !== 1) for (let index = 0; index < count; index++) samples[index]! /= divisor;
    for (let start = 0; start < count; start += blockSamples) {
      const block = samples.subarray(start, Math.min(count, start + blockSamples));
      fed += block.length;
      yield {
        atMs: (fed * MS_PER_SECOND) / rate,
        apply: (target, at) => target.block(waveform, block, block.length, at),
      };
    }
  }
}

/** What a column of instants is called, where nobody says it. */
const TIME_NAMES = ["time", "t", "timestamp", "datetime", "date", "seconds", "ts"];

interface Table {
  readonly time: number | null;
  readonly columns: readonly { readonly column: number; readonly signal: number }[];
}

async function tableFeed(file: string, machine: Machine, options: FeedOptions): Promise<Feed> {
  const source = new RecordingFile(file);
  try {
    let header: readonly string[] | null = null;
    let first: readonly string[] | null = null;
    for await (const { cells } of csvRows(source, { position: 0 })) {
      if (header !== null) {
        first = cells;
        break;
      }
      header = cells;
    }
    const table = tableOf(file, header ?? [], machine, options);
    const unknown = (header ?? []).filter((_, index) => {
      return index !== table.time && !table.columns.some(({ column }) => column === index);
    });
    const notes =
      unknown.length === 0 ? [] : [`${file}: no signals, left out: ${unknown.join(", ")}`];
    const begin = table.time === null ? null : timeOf(first?.[table.time] ?? "");
    return {
      utc: begin?.isDate ? begin.ms : null,
      notes,
      events: () => tableEvents(source, table, options.rate),
      close: () => source.close(),
    };
  } catch (error) {
    source.close();
    throw error;
  }
}

function tableOf(
  file: string,
  header: readonly string[],
  { signals }: Machine,
  { time, rate }: FeedOptions,
): Table {
  const columns = header.flatMap((name, column) => {
    const signal = signals.findIndex((definition) => definition.name === name);
    return signal === -1 ? [] : [{ column, signal }];
  });
  if (columns.length === 0) {
    const names = signals.slice(0, 8).map(({ name }) => name);
    throw badInput(
      `${file}: none of its columns is a signal of the machine file`,
      `name them as it does: ${names.join(", ")}${signals.length > 8 ? ", …" : ""}`,
    );
  }
  const wanted = time === undefined ? TIME_NAMES : [time.toLowerCase()];
  const found = header.findIndex((name) => wanted.includes(name.toLowerCase()));
  if (found === -1 && (time !== undefined || rate === null)) {
    throw badInput(
      `${file} has no column ${time === undefined ? "of times" : `"${time}"`}`,
      `name one with --time, or give the rows in a second as --rate; it has ${header.join(", ")}`,
    );
  }
  return { time: found === -1 ? null : found, columns };
}

async function* tableEvents(
  source: RecordingFile,
  { time, columns }: Table,
  rate: number | null,
): AsyncGenerator<FeedEvent> {
  let header: readonly string[] | null = null;
  let begin: number | null = null;
  let before = Number.NEGATIVE_INFINITY;
  let rows = 0;
  for await (const { cells, line } of csvRows(source, { position: 0 })) {
    if (header === null) {
      header = cells;
      continue;
    }
    const place = `${source.file}: line ${line}`;
    const atMs = time === null ? (rows * MS_PER_SECOND) / rate! : timeOf(cells[time] ?? "")?.ms;
    if (atMs === undefined || atMs <= before) {
      const what = `${place}, column ${header[time!]}: "${cells[time!] ?? ""}"`;
      throw badInput(`${what} is no time after the one before`, "write seconds or ISO 8601 dates");
    }
    before = atMs;
    rows++;
    begin ??= atMs;
    const values = columns.map(({ column, signal }) => {
      const cell = cells[column] ?? "";
      const value = cell === "" || /^nan$/i.test(cell) ? null : Number(cell);
      if (value !== null && !Number.isFinite(value)) {
        const what = `${place}, column ${header![column]}: "${cell}" is no number`;
        throw badInput(what, "leave the cell empty where there was no value");
      }
      return { signal, value };
    });
    yield {
      atMs: atMs - begin,
      apply: (target, at) => {
        for (const { signal, value } of values) target.signal(signal, value, at);
      },
    };
  }
}

/** Seconds, or a date as ISO 8601 or with a blank; undefined where it is neither. */
function timeOf(cell: string): { readonly ms: number; readonly isDate: boolean } | undefined {
  if (/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(cell)) {
    return { ms: Number(cell) * MS_PER_SECOND, isDate: false };
  }
  if (!/^\d{4}-\d\d-\d\d/.test(cell)) return undefined;
  const text = cell.replace(" ", "T");
  const hasZone = /(Z|[+-]\d\d:?\d\d)$/i.test(text);
  const ms = Date.parse(hasZone || !text.includes("T") ? text : `${text}Z`);
  return Number.isNaN(ms) ? undefined : { ms, isDate: true };
}

/** The events of all feeds in order of time; of two at once the first feed's comes first. */
export async function* merged(feeds: readonly Feed[]): AsyncGenerator<FeedEvent> {
  const courses = feeds.map((feed) => feed.events());
  const heads = await Promise.all(courses.map((course) => course.next()));
  for (;;) {
    let next = -1;
    for (const [index, head] of heads.entries()) {
      if (head.done) continue;
      const best = heads[next];
      if (best === undefined || head.value.atMs < best.value!.atMs) next = index;
    }
    if (next === -1) return;
    yield heads[next]!.value as FeedEvent;
    heads[next] = await courses[next]!.next();
  }
}
