// Remaining life of one channel beside its baseline: it begins with a departure, ends with it, and
// says nothing before.

import type { Mono } from "../../signal/instant.ts";
import type { BaselineAnswer } from "./answer.ts";
import {
  RemainingLife,
  type RemainingLifeAnswer,
  type RemainingLifeState,
} from "./remaining-life.ts";

export interface PrognosisState {
  readonly version: 1;
  /** Null before an onset. */
  readonly life: RemainingLifeState | null;
}

export class Prognosis {
  readonly #limit: number;
  #life: RemainingLife | null = null;

  /**
   * @param limit of the indicator: the boundary of a severity zone, or a multiple of what is usual.
   */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /**
   * The indicator (a velocity RMS, say) of the observation that the baseline has answered. Null
   * where nothing departed; an observation in another operating state tells nothing about the
   * growth.
   */
  observe(indicator: number, answer: BaselineAnswer, at: Mono): RemainingLifeAnswer | null {
    const { departure, operatingState } = answer;
    if (departure === null) {
      this.#life = null;
      return null;
    }
    this.#life ??= new RemainingLife(this.#limit);
    if (departure.operatingState === operatingState) this.#life.observe(indicator, at);
    return this.#life.answer();
  }

  state(): PrognosisState {
    return { version: 1, life: this.#life?.state() ?? null };
  }

  /** As `Baseline.restore`. */
  static restore(
    limit: number,
    state: unknown,
    shiftMs: number | null,
  ): Prognosis | { readonly refused: string } {
    const kept = state as PrognosisState | null | undefined;
    if (kept?.version !== 1) return { refused: "what was kept is no state of a prognosis" };
    const prognosis = new Prognosis(limit);
    if (kept.life === null) return prognosis;
    const life = RemainingLife.restore(limit, kept.life, shiftMs);
    if (!(life instanceof RemainingLife)) return life;
    prognosis.#life = life;
    return prognosis;
  }
}
