// A rolling bearing's geometry, and the frequencies at which its faults are heard.

/** Dimensions in mm and degrees. */
export interface BearingGeometry {
  /** As it stands on the bearing, or the text it was given by. */
  readonly designation: string;
  /** Rolling elements in one row. */
  readonly elements: number;
  readonly elementDiameterMm: number;
  readonly pitchDiameterMm: number;
  readonly contactAngleDeg: number;
  /** Where the figures were read; `given` where the machine file or the caller gave them. */
  readonly source: string;
}

/** Multiples of the shaft's speed, inner ring turning, without slip. */
export interface BearingOrders {
  readonly bpfo: number;
  readonly bpfi: number;
  readonly bsf: number;
  readonly ftf: number;
}

/**
 * BPFO = n/2·(1 − d/D·cos α), BPFI = n/2·(1 + d/D·cos α), FTF = (1 − d/D·cos α)/2,
 * BSF = D/(2d)·(1 − (d/D·cos α)²). Source: Randall & Antoni, MSSP 25 (2011), §2; pure rolling.
 */
export function bearingOrders(geometry: BearingGeometry): BearingOrders {
  const { elements, elementDiameterMm, pitchDiameterMm, contactAngleDeg } = geometry;
  const ratio = (elementDiameterMm / pitchDiameterMm) * Math.cos((contactAngleDeg * Math.PI) / 180);
  return {
    bpfo: (elements / 2) * (1 - ratio),
    bpfi: (elements / 2) * (1 + ratio),
    bsf: (pitchDiameterMm / (2 * elementDiameterMm)) * (1 - ratio * ratio),
    ftf: (1 - ratio) / 2,
  };
}
