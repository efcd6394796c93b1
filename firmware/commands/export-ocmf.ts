// `telltale export ocmf`: a period of the ledger as an OCMF record, signed by the running meter and
// checked here before it is printed.

import { RequestFailed, type StreamClient } from "../../protocols/stream/client.ts";
import { fromHex } from "../../runtime/ledger/bytes.ts";
import { type OcmfRecord, parseOcmf } from "../../runtime/ledger/ocmf.ts";
import { verifyOcmf } from "../../runtime/ledger/ocmf-verify.ts";
import { type Schema, schema } from "../../runtime/schema/schema.ts";
import { Fault } from "../../runtime/signal/fault.ts";
import { STATE_REGISTERS } from "../../runtime/usage/usage-state.ts";
import type { OcmfAnswer } from "../meter/ocmf-answer.ts";
import { connectLocally } from "./local-reader.ts";
import { readStatementFile } from "./statement-input.ts";
import { terminal } from "./terminal.ts";

export interface OcmfExportOptions {
  readonly data?: string;
  readonly url?: string;
  readonly from?: string;
  readonly to?: string;
  readonly statement?: string;
  readonly registers?: string;
  readonly json?: true;
}

interface Asked {
  readonly from: number;
  readonly to: number;
  readonly registers: readonly string[];
}

const answerSchema: Schema<OcmfAnswer> = schema.object({
  record: schema.string(),
  key: schema.string(),
});

export async function runExportOcmf(options: OcmfExportOptions): Promise<void> {
  const asked = askedOf(options);
  const reader = await connectLocally(options);
  try {
    const { record, key } = checked(await ask(reader.client, asked));
    terminal.file(options.json ? `${JSON.stringify({ record, key }, null, 2)}\n` : `${record}\n`);
  } finally {
    reader.client.close();
  }
}

async function ask(client: StreamClient, asked: Asked): Promise<unknown> {
  try {
    return await client.get("ocmf", { ...asked });
  } catch (error) {
    if (!(error instanceof RequestFailed)) throw error;
    const remedy = "`telltale ledger` shows its leaves; name a period in which it had a clock";
    const message = `the instance signs no such record: ${error.message}`;
    throw new Fault("PEER_UNREACHABLE", message, remedy, { cause: error });
  }
}

function askedOf({ from, to, statement, registers }: OcmfExportOptions): Asked {
  if (statement === undefined) {
    const names = (registers ?? "working").split(",").map((name) => name.trim());
    return { from: instantOf("--from", from), to: instantOf("--to", to), registers: known(names) };
  }
  if (from !== undefined || to !== undefined || registers !== undefined) {
    const message = "--statement says the period and the registers itself";
    throw new Fault("SETTING_INVALID", message, "leave --from, --to and --registers out");
  }
  const read = readStatementFile(statement);
  const { period } = read.statement;
  const names = known(read.contract.billing.registers);
  // The end of a period is not in it, and here both ends are.
  return { from: period.from, to: period.to - 1, registers: names };
}

function known(names: readonly string[]): readonly string[] {
  const states: readonly string[] = STATE_REGISTERS;
  const wrong = names.find((name) => !states.includes(name));
  if (wrong === undefined) return names;
  const message = `"${wrong}" is no register of a usage state`;
  throw new Fault("SETTING_INVALID", message, `there are ${states.join(", ")}`);
}

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?(?:Z|[+-]\d\d:\d\d)$/;

function instantOf(name: string, text: string | undefined): number {
  const instant = text !== undefined && TIME.test(text) ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(instant)) return instant;
  const message = text === undefined ? `${name} is missing` : `${name} ${text}: no date and time`;
  const remedy = "write it with its distance from UTC, such as 2026-11-01T00:00:00+01:00";
  throw new Fault("SETTING_INVALID", message, remedy);
}

/** What comes from elsewhere, by `--url` for one, is not printed as signed before it is known. */
function checked(answer: unknown): OcmfAnswer {
  const parsed = answerSchema.safeParse(answer);
  if (!parsed.success) throw wrong("it is not of the form that this command knows");
  const record: OcmfRecord | string = parseOcmf(parsed.data.record);
  if (typeof record === "string") throw wrong(record);
  const key = fromHex(parsed.data.key);
  const verdict = key === null ? "its key is not hexadecimal" : verifyOcmf(record, key);
  if (verdict !== null) throw wrong(verdict);
  return parsed.data;
}

function wrong(reason: string): Fault {
  const remedy = "is the instance of the same version as this command?";
  return new Fault("PEER_UNREACHABLE", `the instance's record is none: ${reason}`, remedy);
}
