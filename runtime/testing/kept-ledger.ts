// A ledger's file with leaves as a keeper makes them: for tests of what reads a copy of one.

import { LedgerKeeper } from "../ledger/keeper.ts";
import { softwareSigner } from "../ledger/keys.ts";
import { ZERO_REGISTERS } from "../usage/usage-state.ts";
import { openLedger } from "./ledger-rig.ts";

export const KEPT_CONTROLLER = "0123456789abcdef0123456789abcdef";

const TICK_MS = 900_000;

/** Writes GENESIS, BOOT, ticks and a checkpoint: `leaves` in all. Gives the checkpoint. */
export async function writeKeptLedger(path: string, leaves: number): Promise<string> {
  const { ledger, opening } = await openLedger(path);
  const signer = softwareSigner("ed25519", new Uint8Array(32).fill(7));
  const keeper = new LedgerKeeper({
    controller: KEPT_CONTROLLER,
    segment: 1,
    end: opening,
    log: ledger,
    instantAt: (mono) => ({
      boot: "boot-1",
      mono,
      utc: 1_767_225_600_000 + mono,
      tq: "S",
      err: 10,
    }),
    signer,
    software: "a".repeat(64),
    configuration: "b".repeat(64),
    checkpointEveryMs: TICK_MS,
    tickEveryMs: TICK_MS,
  });
  const moment = (at: number) =>
    ({
      at,
      state: "WORKING",
      mode: "None",
      overload: false,
      registers: { ...ZERO_REGISTERS, working: at },
    }) as const;
  keeper.add("GENESIS", { key: keeper.key, segment: 1 }, moment(0));
  keeper.add("BOOT", {}, moment(0));
  while (keeper.size < leaves) keeper.add("TICK", {}, moment(keeper.size * TICK_MS));
  const note = keeper.checkpoint(keeper.size * TICK_MS);
  await ledger.close();
  return note;
}
