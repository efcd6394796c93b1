// `telltale tail`: the records of a running instance as they become durable.

import type { Command } from "commander";
import { type JournalRecord, KINDS } from "../../runtime/journal/record.ts";
import { Fault } from "../../runtime/signal/fault.ts";
import { aborted, stopSignal } from "../host/processes.ts";
import { connectLocally } from "./local-reader.ts";
import { dataOption } from "./options.ts";
import { urlOption } from "./status.ts";
import { terminal } from "./terminal.ts";

const EXAMPLES = `
Examples:
  telltale tail
  telltale tail --kind usage,alarm,device
  telltale tail --from 1 --json | head -100`;

interface TailOptions {
  readonly data?: string;
  readonly url?: string;
  readonly kind?: string;
  readonly from?: string;
  readonly json?: true;
}

export function registerTail(program: Command): void {
  program
    .command("tail")
    .description("the records of a running instance, as they become durable")
    .addOption(dataOption())
    .addOption(urlOption())
    .option("--kind <kinds>", "only these kinds, such as sample,usage,alarm,device")
    .option("--from <seq>", "begin at this position instead of now")
    .option("--json", "print each record as one line of JSON")
    .addHelpText("after", EXAMPLES)
    .action(runTail);
}

async function runTail(options: TailOptions): Promise<void> {
  const first = options.from === undefined ? null : Number(options.from);
  if (first !== null && !(Number.isSafeInteger(first) && first >= 1)) {
    throw new Fault("SETTING_INVALID", `--from ${options.from}: not a position`, "write 1 or more");
  }
  const kinds = options.kind === undefined ? null : kindsOf(options.kind);
  const { client, hello, lost } = await connectLocally(options);
  const isAhead = first !== null && first > hello.newest + 1;
  if (isAhead) {
    terminal.error(`the newest record is #${hello.newest}; waiting for those that come after it`);
  }
  client.readLog("tail", {
    from: first === null || isAhead ? "newest" : { epoch: hello.epoch, seq: first - 1 },
    ...(kinds ? { filter: { kinds } } : {}),
    onRecords: (records) => {
      for (const record of records) {
        terminal.out(options.json ? JSON.stringify(record) : recordLine(record));
      }
    },
    onGap: ({ from, to, reason }) => terminal.error(`records ${from} to ${to} are gone: ${reason}`),
  });
  const closed = new Promise<void>((resolve) => process.stdout.once("close", resolve));
  const fault = await Promise.race([aborted(stopSignal()), lost, closed]);
  client.close();
  if (fault) throw fault;
}

function kindsOf(list: string): readonly string[] {
  const known: readonly string[] = KINDS.map(([kind]) => kind);
  const kinds = list.split(",").map((kind) => kind.trim());
  const wrong = kinds.find((kind) => !known.includes(kind));
  if (wrong === undefined) return kinds;
  throw new Fault(
    "SETTING_INVALID",
    `--kind ${list}: there are no records of the kind "${wrong}"`,
    `the kinds are ${known.join(", ")}`,
  );
}

/** `17:03:22.412  #1234  sample  motorCurrent = 61.2`. */
function recordLine(record: JournalRecord): string {
  const time = record.utc === null ? `+${record.mono} ms` : new Date(record.utc).toISOString();
  return `${time}  #${record.seq}  ${record.kind.padEnd(13)} ${summary(record)}`;
}

function summary(record: JournalRecord): string {
  switch (record.kind) {
    case "sample":
      return `${record.signal} = ${record.value ?? record.reason}`;
    case "usage":
      return `${record.state}, working ${record.registers.working} ms`;
    case "alarm":
      return `${record.id} ${record.event ?? record.state}: ${record.text}`;
    case "leaf":
      return `${record.type}, leaf ${record.index} of the ledger`;
    case "checkpoint":
    case "cosignature":
      return `of ${record.size} leaves`;
    case "waveform":
      return `${record.waveform}, ${record.samples} samples for ${record.alarms.join(", ")}`;
    default:
      return `${record.name} ${JSON.stringify(record.detail)}`;
  }
}
