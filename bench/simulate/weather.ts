// What befalls a simulated controller: when its power fails, its clock is set, its sensors are
// lost, its process stops, its disk fills or is restored from an old image. One seed makes one
// history.

import type { SeededRandom } from "../../runtime/testing/seeded-random.ts";

export const YEAR_MS = 365 * 24 * 3_600_000;
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** Times a year, on average. Cuts come in bursts beside these. */
const RATES = {
  /** At an instant: whatever is being written then is whole, torn or lost. */
  "power-cut": 90,
  /** At the n-th write from then on, in front of it, within it or after it. */
  "cut-at-write": 160,
  /** Cuts minutes or seconds apart, some before the meter has come up. */
  "cut-burst": 8,
  /** A month with a hundred cuts, as a site generator makes them. */
  "cut-month": 1,
  "announced-power-fail": 10,
  "clean-restart": 20,
  "killed-process": 20,
  "stopped-process": 14,
  suspend: 8,
  "clock-step": 30,
  "clock-slew": 30,
  "sensor-bad": 30,
  "sensor-silent": 30,
  contradiction: 30,
  flapping: 40,
  "close-sampling": 14,
  "disk-full": 4,
  "slots-failing": 4,
  "lying-disk": 4,
  "spoiled-slots": 2,
  "image-taken": 4,
  "image-restored": 3,
  "witness-visits": 200,
  /** Another controller with an empty disk, after hours or days without any. */
  "controller-swap": 3,
} as const;

export type EventKind = keyof typeof RATES;

export interface WeatherEvent {
  readonly at: number;
  readonly kind: EventKind;
}

const CUTS_OF_A_MONTH = 100;
const MONTH_MS = YEAR_MS / 12;

export function weatherOf(random: SeededRandom, years: number): readonly WeatherEvent[] {
  const events: WeatherEvent[] = [];
  const endsAt = years * YEAR_MS;
  for (const [kind, perYear] of Object.entries(RATES) as [EventKind, number][]) {
    let at = 0;
    for (;;) {
      // Exponential gaps: as likely in each second as in every other.
      at += Math.ceil((-Math.log(1 - random.next()) * YEAR_MS) / perYear);
      if (at >= endsAt) break;
      events.push(...oneOrMany(kind, at, random));
    }
  }
  return events.filter(({ at }) => at < endsAt).sort((one, other) => one.at - other.at);
}

function oneOrMany(kind: EventKind, at: number, random: SeededRandom): readonly WeatherEvent[] {
  if (kind === "cut-burst") {
    let next = at;
    return Array.from({ length: random.integer(3, 25) }, () => {
      next += random.chance(0.3) ? random.integer(1, 12_000) : random.integer(1, 20 * MINUTE_MS);
      return { at: next, kind: cutKind(random) };
    });
  }
  if (kind === "cut-month") {
    return Array.from({ length: CUTS_OF_A_MONTH }, () => ({
      at: at + random.integer(0, MONTH_MS),
      kind: cutKind(random),
    }));
  }
  return [{ at, kind }];
}

function cutKind(random: SeededRandom): "power-cut" | "cut-at-write" {
  return random.chance(0.5) ? "power-cut" : "cut-at-write";
}

/** How long the controller is without power. */
export function downMs(random: SeededRandom): number {
  const kind = random.next();
  if (kind < 0.4) return random.integer(500, 10_000);
  if (kind < 0.85) return random.integer(10_000, HOUR_MS);
  return random.integer(HOUR_MS, 60 * HOUR_MS);
}
