// `telltale lease`: where the lease stands, by the instructions that the ledger holds.

import type { Command } from "commander";
import type { LeaseReport } from "../../runtime/ledger/commands.ts";
import { LEASE_RULES } from "../../runtime/ledger/lease-rules.ts";
import type { LedgerFacts } from "../../runtime/ledger/reader.ts";
import { askInstance, connectLocally } from "./local-reader.ts";
import { dataOption } from "./options.ts";
import { urlOption } from "./status.ts";
import { terminal } from "./terminal.ts";

const EXAMPLES = `
The key is the controller's: it belongs into contracts and into \`telltale witness --device\`.

Examples:
  telltale lease
  telltale lease --json | jq -r .lease.state`;

interface LeaseOptions {
  readonly data?: string;
  readonly url?: string;
  readonly json?: true;
}

export function registerLease(program: Command): void {
  program
    .command("lease")
    .description("where the lease of a running instance stands, and what may follow")
    .addOption(dataOption())
    .addOption(urlOption())
    .option("--json", "print one JSON object")
    .addHelpText("after", EXAMPLES)
    .action(async (options: LeaseOptions) => {
      const reader = await connectLocally(options);
      try {
        const report = (await askInstance(reader, "lease")) as LeaseReport;
        const { key } = (await askInstance(reader, "ledger", { ask: "facts" })) as LedgerFacts;
        if (options.json) terminal.out(JSON.stringify({ ...report, key }, null, 2));
        else for (const line of linesOf(report, key)) terminal.out(line);
      } finally {
        reader.client.close();
      }
    });
}

function linesOf({ controller, lease, fault, taken }: LeaseReport, key: string): readonly string[] {
  const state = lease?.state ?? "none";
  const next = Object.entries(LEASE_RULES)
    .filter(([, { from, to }]) => to !== null && from.includes(state))
    .map(([kind]) => kind);
  return [
    `controller    ${controller}`,
    `key           ${key}`,
    `lease         ${lease === null ? "none yet" : `${lease.id}: ${lease.state}`}`,
    ...(lease === null ? [] : [`contract      ${lease.contract}`]),
    ...(fault === null ? [] : [`fault         a person says so (instruction ${fault})`]),
    `instructions  ${taken} taken`,
    `may follow    ${next.join(", ")}`,
  ];
}
