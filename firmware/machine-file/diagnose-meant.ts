// What `waveforms.NAME.diagnose` is taken for while it has problems.

import { BEARING_LIBRARY } from "../../runtime/diagnosis/bearing/library.ts";
import { type DiagnosisChannel, QUANTITIES } from "../../runtime/diagnosis/channel.ts";
import { quantityOfUnit } from "../../runtime/diagnosis/features/quantity-units.ts";
import { BEARINGS_MAX, GEARS_MAX } from "./diagnose-schema.ts";
import { isMap } from "./entries.ts";

export interface DiagnosedWaveform {
  readonly name: string;
  readonly unit: string;
  readonly rate: number;
  readonly windowSamples: number;
}

/** The unit of a waveform whose own could not be read; most waveforms are accelerations. */
const UNIT_UNREAD = "1";
/** For a bearing whose geometry could not be read: it counts only without any problem. */
export const STAND_IN = BEARING_LIBRARY[0]!;

/**
 * What a `diagnose` with problems is taken for until they are mended: its features have the names
 * that they will have then, so that a rule that names one is no second problem.
 */
export function channelMeant(value: unknown, waveform: DiagnosedWaveform): DiagnosisChannel {
  const keys = isMap(value) ? value : {};
  const { unit } = waveform;
  const named = (section: unknown) => (isMap(section) ? Object.keys(section) : []);
  return {
    ...waveform,
    quantity:
      QUANTITIES.find((quantity) => quantity === keys["quantity"]) ??
      (unit === UNIT_UNREAD ? "acceleration" : quantityOfUnit(unit)),
    fullScale: null,
    mainsHz: 50,
    bearings: named(keys["bearings"])
      .slice(0, BEARINGS_MAX)
      .map((name) => ({ name, geometry: STAND_IN, ratio: 1 })),
    gears: named(keys["gears"])
      .slice(0, GEARS_MAX)
      .map((name) => ({ name, teeth: 2, ratio: 1 })),
    polePairs: keys["polePairs"] === undefined ? null : 1,
    severity: null,
    regime: null,
  };
}
