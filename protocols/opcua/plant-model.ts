// What the server needs to know before it can lay out its address space: plain data that the
// gateway has from the meter's answers, so that this folder never sees a machine file.

import type { MachineSummary, SignalSummary } from "../stream/frames.ts";

export interface PlantModel {
  /** The controller's id; it makes the application URI unique among all controllers. */
  readonly controller: string;
  readonly machine: MachineSummary;
  readonly signals: readonly SignalSummary[];
  /** Version of this product, shown as the machine's software revision. */
  readonly softwareRevision: string;
}

/** The name by which plant clients know this server; it stands in its certificate too. */
export function applicationUriOf(model: PlantModel): string {
  return `urn:telltale:${model.controller}`;
}

/** Globally unique by construction, as OPC 10000-100 asks: maker, model and serial number. */
export function productInstanceUriOf({ maker, model, serialNumber }: MachineSummary): string {
  return `urn:${[maker, model, serialNumber].map(encodeURIComponent).join(":")}`;
}
