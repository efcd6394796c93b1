// A life in which everything happens once that a verifier has rules for, in some hours.

import { Life } from "./ledger-life.ts";
import { HOUR_MS } from "./ledger-parties.ts";
import type { LifeOptions } from "./life-options.ts";

const MINUTE_MS = 60_000;

export interface LivedLife {
  readonly life: Life;
  /** Of wall time, milliseconds since 1970; it begins and ends between two leaves. */
  readonly period: { readonly from: number; readonly to: number };
}

/** A power cut, a restart, a suspend, a step of the clock, a fault and an hour without power. */
export function livedLife(options: LifeOptions = {}): LivedLife {
  const life = new Life({ cosignEveryMs: 2 * HOUR_MS, ...options }).boot().anchor();
  const from = life.utc + MINUTE_MS;
  life
    .run("STANDBY", 10 * MINUTE_MS)
    .hire()
    .run("WORKING", 50 * MINUTE_MS, { mode: "Processing", cycles: 12 })
    .run("IDLE", 5 * MINUTE_MS)
    .cut({ lostMs: 4_000, undecidedMs: 2_000 })
    .run("WORKING", 20 * MINUTE_MS, { overload: true })
    .timeStep(40_000)
    .anchor()
    .gap(90_000)
    .restart({ gapMs: 3_000, undecidedMs: 0 })
    .run("FAULT", 5 * MINUTE_MS, { source: "machine" })
    .run("WORKING", 10 * MINUTE_MS, { mode: "Maintenance" })
    .stop()
    .cut({ downMs: HOUR_MS })
    .anchor()
    .run("WORKING", 30 * MINUTE_MS, { mode: "None" })
    .cosign()
    .run("OFF", 10 * MINUTE_MS)
    .cosign();
  return { life, period: { from, to: life.utc - 11 * MINUTE_MS } };
}

/** The smallest life that has a hire: its statement has some kilobytes. */
export function shortLife(options: LifeOptions = {}): LivedLife {
  const life = new Life(options).boot();
  const from = life.utc;
  life
    .hire()
    .run("WORKING", 5 * MINUTE_MS)
    .cosign()
    .run("OFF", MINUTE_MS)
    .cosign();
  return { life, period: { from, to: from + 4 * MINUTE_MS } };
}
