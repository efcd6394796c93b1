// `telltale trace`: the frames of one device of a running instance, as they go over its wire.
// Asking is what keeps the trace on: when this command ends, the meter stops keeping frames.

import type { Command } from "commander";
import { RequestFailed } from "../../protocols/stream/client.ts";
import {
  TRACE_PAGE_FRAMES_MAX,
  type TracedFrame,
  type TracePage,
} from "../../protocols/stream/frames.ts";
import { parseDuration } from "../../runtime/schema/schema.ts";
import { Fault } from "../../runtime/signal/fault.ts";
import { sleep } from "../../runtime/signal/timers.ts";
import { stopSignal } from "../host/processes.ts";
import { hostTimers } from "../host/timers.ts";
import { connectLocally, type LocalReader } from "./local-reader.ts";
import { dataOption } from "./options.ts";
import { urlOption } from "./status.ts";
import { terminal } from "./terminal.ts";

/** Often enough that a busy line does not overrun what the meter keeps, seldom enough for it. */
const ASK_EVERY_MS = 250;

const EXAMPLES = `
A line is a frame: the time, the direction (→ to the device, ← from it), the length, the bytes, and
the text where the bytes are text. ! is what the driver made of the frames before it. Nothing is
kept by the meter unless somebody traces; the trace ends with this command.

Examples:
  telltale trace compressor
  telltale trace compressor --for 30s > compressor.txt
  telltale trace compressor --json | jq -r .hex`;

interface TraceOptions {
  readonly data?: string;
  readonly url?: string;
  readonly for?: string;
  readonly json?: true;
}

export function registerTrace(program: Command): void {
  program
    .command("trace")
    .description("the frames of one device of a running instance, as they go over its wire")
    .argument("<device>", "the device's name in the machine file")
    .addOption(dataOption())
    .addOption(urlOption())
    .option("--for <duration>", "end after this, such as 30s; else Ctrl-C ends it")
    .option("--json", "print each frame as one line of JSON")
    .addHelpText("after", EXAMPLES)
    .action(runTrace);
}

async function runTrace(device: string, options: TraceOptions): Promise<void> {
  const lastsMs = options.for === undefined ? null : parseDuration(options.for);
  if (options.for !== undefined && lastsMs === null) {
    const message = `--for ${options.for}: not a duration`;
    throw new Fault("SETTING_INVALID", message, "write a number with ms, s or min, such as 30s");
  }
  const reader = await connectLocally(options);
  const ended = new AbortController();
  const end = () => ended.abort();
  stopSignal().addEventListener("abort", end, { once: true });
  process.stdout.once("close", end);
  const deadline = lastsMs === null ? null : hostTimers.after(lastsMs, end);
  let gone: Fault | null = null;
  void reader.lost.then((fault) => {
    gone = fault;
    end();
  });
  try {
    await follow(reader, device, options.json === true, ended.signal);
  } finally {
    deadline?.cancel();
    reader.client.close();
  }
  if (gone !== null) throw gone;
}

async function follow(
  reader: LocalReader,
  device: string,
  asJson: boolean,
  stop: AbortSignal,
): Promise<void> {
  let from: number | undefined;
  let hasShown = false;
  while (!stop.aborted) {
    const page = await ask(reader, device, from, stop);
    if (page === null) return;
    if (from === undefined) terminal.error(`tracing ${device}; Ctrl-C ends it`);
    if (page.missed > 0) terminal.error(`${page.missed} frames came too fast and are not shown`);
    for (const frame of page.frames) {
      terminal.out(asJson ? JSON.stringify(frame) : frameLine(frame));
    }
    hasShown ||= page.frames.length > 0;
    from = page.next;
    // A page that was full has more behind it.
    if (page.frames.length < TRACE_PAGE_FRAMES_MAX) await sleep(hostTimers, ASK_EVERY_MS, stop);
  }
  if (!hasShown) {
    terminal.error(
      "no frame was seen: the driver has none, or the device rests behind its breaker",
    );
  }
}

/** Null where the answer no longer matters. */
async function ask(
  { client }: LocalReader,
  device: string,
  from: number | undefined,
  stop: AbortSignal,
): Promise<TracePage | null> {
  try {
    const args = from === undefined ? { device } : { device, from };
    return (await client.get("trace", args)) as TracePage;
  } catch (error) {
    if (stop.aborted) return null;
    if (!(error instanceof RequestFailed)) throw error;
    if (error.code === "bad-arguments") {
      const remedy = "name a device of the machine file; `telltale status` lists them";
      throw new Fault("SETTING_INVALID", error.message, remedy, { cause: error });
    }
    const remedy =
      error.code === "too-many"
        ? "end another trace, or wait until it has ended"
        : "look at the log of the instance; an older version knows no trace";
    throw new Fault("PEER_UNREACHABLE", `the instance gave no trace: ${error.message}`, remedy, {
      cause: error,
    });
  }
}

const WAYS = { sent: "→", received: "←", fault: "!" } as const;

/** `15:24:03.412 →   12  00 01 00 00 00 06 01 03 00 00 00 02`. */
function frameLine({ utc, mono, way, length, hex, text }: TracedFrame): string {
  const time = utc === null ? `+${mono} ms` : new Date(utc).toISOString().slice(11, 23);
  if (way === "fault") return `${time} ${WAYS[way]}       ${text ?? ""}`;
  const head = `${time} ${WAYS[way]} ${String(length).padStart(4)}  `;
  if (hex === undefined) return `${head}${visible(text ?? "")}`;
  const bytes = Buffer.from(hex, "hex");
  const shown = hex.replace(/..(?=.)/g, "$& ");
  const rest = bytes.length < length ? ` … ${length - bytes.length} more` : "";
  return `${head}${shown}${rest}${asText(bytes)}`;
}

/** Binary frames hold letters by accident: text is shown where most of the bytes are text. */
function asText(bytes: Buffer): string {
  const printable = bytes.filter((byte) => (byte >= 0x20 && byte < 0x7f) || byte === 0x0a).length;
  return printable * 4 >= bytes.length * 3 ? `  "${visible(bytes.toString("latin1"))}"` : "";
}

/** Control characters as escapes: a frame must not move the cursor of who looks at it. */
function visible(text: string): string {
  return text.replace(/[^\x20-\x7e\u00a0-\uffff]/g, (character) =>
    JSON.stringify(character).length > 3
      ? JSON.stringify(character).slice(1, -1)
      : `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`,
  );
}
