// Whether anything at all may be concluded from a window: what is wrong with the sensor, the
// samples or the circumstances comes before any word about the machine.

/**
 * - of the input: `empty`, `too-short`, `not-finite`, `wrong-rate` (what is asked lies above half
 * the
 *   rate, or what is heard contradicts it), `wrong-scale`;
 * - of the sensor: `constant`, `stuck`, `disconnected`, `clipped`, `dropout`, `mains-pickup`;
 * - of the circumstances: `speed-unknown`, `at-rest`, `speed-out-of-regime`, `load-out-of-regime`,
 *   `geometry-unknown`.
 */
export type ValidityProblemKind =
  | "empty"
  | "too-short"
  | "not-finite"
  | "wrong-rate"
  | "wrong-scale"
  | "constant"
  | "stuck"
  | "disconnected"
  | "clipped"
  | "dropout"
  | "mains-pickup"
  | "speed-unknown"
  | "at-rest"
  | "speed-out-of-regime"
  | "load-out-of-regime"
  | "geometry-unknown";

export interface ValidityProblem {
  readonly kind: ValidityProblemKind;
  /** One plain sentence with the figures. */
  readonly message: string;
  /** What cannot be concluded because of it: nothing at all, or only what names a speed. */
  readonly forbids: "everything" | "bearing" | "orders" | "severity" | "nothing";
}

export interface Validity {
  /** False where nothing at all may be concluded about the machine. */
  readonly usable: boolean;
  readonly problems: readonly ValidityProblem[];
}
