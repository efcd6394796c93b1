// The meter's ledger as the gateway reaches it: over the stream, like everything.

import type { StreamClient } from "../../protocols/stream/client.ts";
import type { Outcome } from "../../runtime/ledger/commands.ts";
import type { WitnessedLedger } from "./witnessing.ts";

export function witnessedLedger(client: StreamClient): WitnessedLedger {
  return {
    checkpoint: async () => (await client.get("ledger", { ask: "fresh-checkpoint" })) as string,
    consistency: async (first, second) =>
      (await client.get("ledger", { ask: "consistency", first, second })) as readonly string[],
    cosignature: async (note) => (await client.command("cosignature", { note })) as Outcome,
  };
}
