// `telltale alarms`: what stands, since when, on what evidence and what to do about it; and what
// people do: acknowledge, shelve for a while, take from the shelf.

import type { Command } from "commander";
import type { MeterState } from "../../protocols/stream/frames.ts";
import {
  PERSON_LENGTH_MAX,
  REASON_LENGTH_MAX,
  SHELF_MS_MAX,
  SHELF_MS_MIN,
} from "../../runtime/diagnosis/alarm-state.ts";
import { parseDuration } from "../../runtime/schema/schema.ts";
import { Fault } from "../../runtime/signal/fault.ts";
import type { AlarmOutcome } from "../meter/alarm-desk.ts";
import { alarmLines } from "./alarm-words.ts";
import { askInstance, type CommandNeeds, commandInstance, connectLocally } from "./local-reader.ts";
import { dataOption } from "./options.ts";
import { urlOption } from "./status.ts";
import { EXIT, terminal } from "./terminal.ts";

const EXAMPLES = `
A shelved alarm does not annunciate until its time is over; it stays on record and makes FAULT as
ever. Acknowledging and shelving need the meter's own socket: run them on the controller.

Examples:
  telltale alarms
  telltale alarms acknowledge dischargeHot --by "Eva Berg" --comment "filter ordered"
  telltale alarms shelve dischargeHot --for 8h --by "Eva Berg" --because "probe is exchanged"
  telltale alarms --json | jq '.[] | select(.standing == "unacknowledged-active") | .id'`;
const ACKNOWLEDGE_EXAMPLE = `
Exit status: 0 it is acknowledged, 1 refused.

Example:
  telltale alarms acknowledge bearing.bearing-inner.driveEnd --by "Eva Berg"`;
const SHELVE_EXAMPLE = `
From 1min to 7d. A later order replaces an earlier one. Exit status: 0 it is shelved, 1 refused.

Example:
  telltale alarms shelve dischargeHot --for 8h --by "Eva Berg" --because "probe is exchanged"`;
const UNSHELVE_EXAMPLE = `
Example:
  telltale alarms unshelve dischargeHot --by "Eva Berg"`;

interface ReachOptions {
  readonly data?: string;
  readonly url?: string;
  readonly json?: true;
}

/** The command above has some of them too, and takes them wherever they stand. */
interface OrderOptions extends ReachOptions {
  readonly by: string;
}

const NEEDS: CommandNeeds = {
  right: "alarms",
  again: "look with `telltale alarms` whether it was done; it can be given again",
};

export function registerAlarms(program: Command): void {
  const alarms = reaching(
    program
      .command("alarms")
      .description("the alarms that stand or are shelved; acknowledge and shelve them"),
  )
    .addHelpText("after", EXAMPLES)
    .action(list);
  order(alarms, "acknowledge", "say that somebody knows of an alarm")
    .option("--comment <words>", "for whoever reads the record")
    .addHelpText("after", ACKNOWLEDGE_EXAMPLE)
    .action((alarm: string, _: unknown, command: Command) => {
      const options = command.optsWithGlobals<OrderOptions & { comment?: string }>();
      const { by, comment } = options;
      const said = comment === undefined ? {} : { comment: words("--comment", comment) };
      return give("alarm-acknowledge", { alarm, by: person(by), ...said }, options);
    });
  order(alarms, "shelve", "keep an alarm from annunciating for a while")
    .requiredOption("--for <duration>", "how long, such as 8h; at most 7d")
    .requiredOption("--because <words>", "why; it stands on record")
    .addHelpText("after", SHELVE_EXAMPLE)
    .action((alarm: string, _: unknown, command: Command) => {
      const options = command.optsWithGlobals<OrderOptions & { for: string; because: string }>();
      const { by, because } = options;
      const said = { because: words("--because", because), forMs: shelfTime(options.for) };
      return give("alarm-shelve", { alarm, by: person(by), ...said }, options);
    });
  order(alarms, "unshelve", "let an alarm annunciate again")
    .addHelpText("after", UNSHELVE_EXAMPLE)
    .action((alarm: string, _: unknown, command: Command) => {
      const options = command.optsWithGlobals<OrderOptions>();
      return give("alarm-unshelve", { alarm, by: person(options.by) }, options);
    });
}

function reaching(command: Command): Command {
  return command.addOption(dataOption()).addOption(urlOption()).option("--json", "print JSON");
}

function order(alarms: Command, name: string, description: string): Command {
  return reaching(alarms.command(name).description(description))
    .argument("<alarm>", "its name, as `telltale alarms` shows it")
    .requiredOption("--by <name>", "who says so; it stands on record");
}

async function list(options: ReachOptions): Promise<void> {
  const reader = await connectLocally(options);
  try {
    const { alarms, time } = (await askInstance(reader, "state")) as MeterState;
    if (options.json) terminal.out(JSON.stringify(alarms, null, 2));
    else if (alarms.length === 0) terminal.out("no alarms");
    else {
      const all = alarms.map((alarm) => alarmLines(alarm, time).join("\n"));
      terminal.out(all.join("\n\n"));
    }
  } finally {
    reader.client.close();
  }
}

async function give(
  name: string,
  args: Readonly<Record<string, unknown>>,
  options: ReachOptions,
): Promise<void> {
  const reader = await connectLocally(options);
  try {
    const outcome = (await commandInstance(reader, name, args, NEEDS)) as AlarmOutcome;
    if (options.json) terminal.out(JSON.stringify(outcome));
    else if (outcome.result === "refused") {
      terminal.error(`refused: ${outcome.message} (${outcome.code})`);
    } else terminal.out(takenLine(String(args["alarm"]), outcome));
    if (outcome.result === "refused") process.exitCode = EXIT.failed;
  } finally {
    reader.client.close();
  }
}

function takenLine(
  id: string,
  { repeated, alarm }: Extract<AlarmOutcome, { result: "taken" }>,
): string {
  const standing = alarm?.standing ?? "normal";
  const shelf = alarm?.shelf === undefined ? "" : ", shelved";
  return `${id} ${repeated ? "was" : "is"} ${standing}${shelf}`;
}

function person(by: string): string {
  return words("--by", by, PERSON_LENGTH_MAX);
}

function words(option: string, text: string, lengthMax = REASON_LENGTH_MAX): string {
  const isLine = /^\P{Cc}*$/u.test(text) && text.trim() !== "" && text.length <= lengthMax;
  if (isLine) return text.trim();
  const message = `${option}: it must be one line of at most ${lengthMax} characters`;
  throw new Fault("SETTING_INVALID", message, "write it in short");
}

function shelfTime(text: string): number {
  const ms = parseDuration(text);
  if (ms !== null && ms >= SHELF_MS_MIN && ms <= SHELF_MS_MAX) return ms;
  const message = `--for ${text}: an alarm is shelved for 1min to 7d`;
  throw new Fault("SETTING_INVALID", message, "write it like 30min, 8h or 2d");
}
