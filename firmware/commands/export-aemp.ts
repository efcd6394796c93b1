// `telltale export aemp`: the documents that the gateway serves under /Fleet, of a running instance
// whose gateway need not be reachable.

import { type AempSource, aempDocument } from "../../protocols/aemp/aemp.ts";
import { documentText } from "../../protocols/aemp/documents.ts";
import { readRequest } from "../../protocols/aemp/requests.ts";
import type { MeterState } from "../../protocols/stream/frames.ts";
import { Fault } from "../../runtime/signal/fault.ts";
import { aempSource, ledgerOver } from "../gateway/aemp-source.ts";
import { wallTime } from "../host/clock.ts";
import { askInstance, connectLocally } from "./local-reader.ts";
import { terminal } from "./terminal.ts";

export interface AempExportOptions {
  readonly data?: string;
  readonly url?: string;
  readonly series?: string;
  readonly from?: string;
  readonly to?: string;
  readonly page?: string;
  readonly json?: true;
}

export async function runExportAemp(options: AempExportOptions): Promise<void> {
  const { series, from, to, page = "1" } = options;
  if (series === undefined && (from !== undefined || to !== undefined)) {
    throw refused("--from and --to belong to a series", "name one with --series");
  }
  if (series !== undefined && (from === undefined || to === undefined)) {
    throw refused("a series needs --from and --to", "write them as 2026-11-01T00:00:00Z");
  }
  const reader = await connectLocally(options);
  try {
    const state = (await askInstance(reader, "state")) as MeterState;
    const source = aempSource({
      state: () => state,
      ledger: ledgerOver((args) => askInstance(reader, "ledger", args)),
    });
    const id = encodeURIComponent(state.controller);
    const parts = ["Fleet", "Equipment", id, series, from, to, page].map((part) =>
      encodeURIComponent(part ?? ""),
    );
    terminal.file(
      await textOf(
        series === undefined ? `/Fleet/${page}` : `/${parts.join("/")}`,
        source,
        options,
      ),
    );
  } finally {
    reader.client.close();
  }
}

async function textOf(
  path: string,
  source: AempSource,
  options: AempExportOptions,
): Promise<string> {
  const asked = readRequest(path);
  const made = "status" in asked ? asked : await aempDocument(asked, { source, utc: wallTime }, "");
  if (made === null) throw new TypeError("the state that was just read has no machine");
  if ("status" in made) throw refused(made.message, "see telltale export aemp --help");
  return documentText(made.root, made.tree, options.json ? "json" : "xml");
}

function refused(message: string, remedy: string): Fault {
  return new Fault("SETTING_INVALID", message, remedy);
}
