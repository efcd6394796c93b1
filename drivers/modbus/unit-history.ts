// What a unit has done so far, and what a person should look at first because of it: the same
// timeout means another thing of a device that never answered than of one that does so daily.

interface Unit {
  answers: number;
  /** Since the last answer. */
  failures: number;
  garbled: number;
}

export class UnitHistory {
  readonly #units = new Map<number, Unit>();

  answered(unitId: number): void {
    const unit = this.#of(unitId);
    unit.answers += 1;
    unit.failures = 0;
    unit.garbled = 0;
  }

  failed(unitId: number, isGarbled: boolean): void {
    const unit = this.#of(unitId);
    unit.failures += 1;
    if (isGarbled) unit.garbled += 1;
  }

  /** What to try where nothing came. */
  remedyForSilence(unitId: number): string {
    const { answers, failures, garbled } = this.#of(unitId);
    if (answers === 0 && garbled > 0) return this.remedyForNoise(unitId);
    if (answers === 0) {
      return "It has never answered: look at unit id, baud rate, parity, A and B, and its power.";
    }
    return failures > FAILURES_MANY
      ? "It used to answer: look at its power and its cable."
      : "It answers otherwise: a longer timeout may do, else look for a loose wire or noise.";
  }

  /** What to try where something came that was no frame. */
  remedyForNoise(unitId: number): string {
    return this.#of(unitId).answers === 0
      ? "No answer was ever right: baud rate or parity is another, or A and B are swapped."
      : "Other answers were right: look at shield, termination, bias, and for a second device " +
          "with this unit id.";
  }

  #of(unitId: number): Unit {
    const known = this.#units.get(unitId);
    if (known) return known;
    const unit = { answers: 0, failures: 0, garbled: 0 };
    this.#units.set(unitId, unit);
    return unit;
  }
}

/** In a row: more than noise makes of a device that is there. */
const FAILURES_MANY = 5;
