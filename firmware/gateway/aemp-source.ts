// What AEMP tells of a meter, over its stream: the state that was heard last, and the leaves of its
// ledger as a series. The ledger finds a date by itself, so a page costs three questions however
// long the machine has lived.

import type { AempSource, SeriesPage, SeriesRange } from "../../protocols/aemp/aemp.ts";
import type { AempReading } from "../../protocols/aemp/equipment.ts";
import type { MeterState } from "../../protocols/stream/frames.ts";
import { parseLeaf } from "../../runtime/ledger/leaf.ts";
import type { LedgerReader } from "../../runtime/ledger/reader.ts";

export interface AempSourceOptions {
  /** The newest state of the meter; null while it has not told any. */
  readonly state: () => MeterState | null;
  readonly ledger: Pick<LedgerReader, "leaves" | "indexAt">;
}

export function aempSource({ state, ledger }: AempSourceOptions): AempSource {
  return {
    identity: () => {
      const known = state();
      return known && { ...known.machine, controller: known.controller };
    },
    newest: () => readingOf(state()),
    series: (range) => seriesOf(ledger, range),
  };
}

/** The meter's ledger as a series needs it, of whoever asks the meter's stream. */
export function ledgerOver(
  ask: (args: Readonly<Record<string, unknown>>) => Promise<unknown>,
): AempSourceOptions["ledger"] {
  return {
    indexAt: async (utc) => (await ask({ ask: "index-at", utc })) as number,
    leaves: async (from, limit) => (await ask({ ask: "leaves", from, limit })) as readonly string[],
  };
}

/** Where no clock was believed there is no date, and without one no reading. */
function readingOf(state: MeterState | null): AempReading | null {
  if (state === null || state.time.utc === null) return null;
  const { registers, state: usage } = state.usage;
  return { utc: state.time.utc, state: usage, registers };
}

async function seriesOf(
  ledger: AempSourceOptions["ledger"],
  { from, to, offset, limit }: SeriesRange,
): Promise<SeriesPage> {
  const first = await ledger.indexAt(from);
  const total = Math.max(0, (await ledger.indexAt(to + 1)) - first);
  const count = Math.min(limit, total - offset);
  if (count <= 0) return { total, readings: [] };
  const texts = await ledger.leaves(first + offset, count);
  const readings = texts.map(parseLeaf).flatMap((leaf) => {
    // A leaf without a date of its own, or whose clock was set, is in the range by its place only.
    if (typeof leaf === "string" || leaf.utc === undefined) return [];
    const { utc, st: usage, regs } = leaf;
    return utc < from || utc > to ? [] : [{ utc, state: usage, registers: regs }];
  });
  return { total, readings };
}
