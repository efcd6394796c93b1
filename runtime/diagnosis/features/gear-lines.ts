// Gears: how loud the teeth mesh, and how much of it is modulated by the turning of the shaft,
// which a single damaged tooth or an eccentric wheel does.

import type { GearStage } from "../channel.ts";
import { capitalised, type FeatureWords, RESTLESS_SHARE } from "./feature-part.ts";
import { type LineSpectrum, USABLE_SHARE_OF_RATE } from "./line-spectrum.ts";
import { SPEED_TOLERANCE } from "./orders.ts";

/** Mesh and sidebands. */
export const GEAR_FEATURES = 2;
/** ±1 and ±2 orders of the shaft. */
const SIDEBANDS = 2;
/** Below this a mesh is lost in what is around it, and a ratio to it would be one of noise. */
const MESH_ABOVE_BACKGROUND_DB = 10;
/** Orders of the shaft to either side in which the background is looked for. */
const BACKGROUND_ORDERS = 4;

export function gearWords(gears: readonly GearStage[], unit: string): readonly FeatureWords[] {
  return gears.flatMap(({ name }) => [
    {
      suffix: `${capitalised(name)}Mesh`,
      words: `mesh of ${name}, RMS`,
      unit,
      deadbandShare: RESTLESS_SHARE,
    },
    {
      suffix: `${capitalised(name)}Sidebands`,
      words: `sidebands of ${name} beside its mesh`,
      unit: "dB",
      deadbandShare: RESTLESS_SHARE,
    },
  ]);
}

/**
 * RMS of the line at teeth × speed, and 10·log₁₀ of the sidebands' mean square (f ± k·fr, k = 1, 2)
 * to that of the mesh. Not written where the window cannot tell a sideband from its neighbour.
 */
export function computeGear(
  spectrum: LineSpectrum,
  speedHz: number,
  gear: GearStage,
  into: Float64Array,
  first: number,
): void {
  const shaftHz = gear.ratio * speedHz;
  const meshHz = gear.teeth * shaftHz;
  const usableHz = USABLE_SHARE_OF_RATE * spectrum.rate;
  if (shaftHz < 2 * spectrum.lineHz || meshHz > usableHz) return;
  // Beyond half an order a sideband would be taken for the mesh.
  const withinHz = Math.min(SPEED_TOLERANCE * meshHz, shaftHz / 2);
  const foundHz = spectrum.peakNear(meshHz, Math.max(withinHz, spectrum.resolutionHz));
  const mesh = spectrum.lineRms(foundHz);
  into[first] = mesh;
  if (foundHz + (SIDEBANDS + 0.5) * shaftHz > usableHz) return;
  const aroundHz = BACKGROUND_ORDERS * shaftHz;
  const aboveDb = spectrum.aboveBackgroundDb(foundHz, foundHz - aroundHz, foundHz + aroundHz);
  if (aboveDb < MESH_ABOVE_BACKGROUND_DB) return;
  // The mesh says the speed better than the reading does.
  const orderHz = foundHz / gear.teeth;
  let sidebands = 0;
  for (let order = 1; order <= SIDEBANDS; order++) {
    sidebands += spectrum.lineRms(foundHz - order * orderHz) ** 2;
    sidebands += spectrum.lineRms(foundHz + order * orderHz) ** 2;
  }
  into[first + 1] = 10 * Math.log10(sidebands / mesh ** 2);
}
