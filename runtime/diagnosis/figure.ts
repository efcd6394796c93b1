// Figures within sentences of the diagnosis.

/** Four digits are enough for a sentence. */
export function figure(value: number): string {
  return String(Number(value.toPrecision(4)));
}
