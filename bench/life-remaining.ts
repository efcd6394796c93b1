// How often the interval of a remaining life holds the truth, on lives until failure.

import type { BaselineAnswer } from "../runtime/diagnosis/baseline/answer.ts";
import { BaselineGroup } from "../runtime/diagnosis/baseline/group.ts";
import { Prognosis } from "../runtime/diagnosis/baseline/prognosis.ts";
import { median } from "./harness.ts";
import type { Channel, Life } from "./life-recordings.ts";

/** The limit is reached when the median of so many observations is: the indicator scatters. */
const REACHED_OBSERVATIONS = 15;

/** Observations of the early level. */
const EARLY_OBSERVATIONS = 100;

export interface Coverage {
  readonly channel: string;
  /** Observations in which an interval was told, and in which it held the truth. */
  readonly told: number;
  readonly held: number;
  /** Observations between the alarm and the limit, told or not. */
  readonly asked: number;
}

/** Asks at each observation between the alarm and the limit, `factor` times the early level. */
export function coverageOf(life: Life, factor: number): Coverage[] {
  const { channels, features, times } = life;
  const names = channels.map(({ name }) => name);
  const group = new BaselineGroup(names, { features });
  const asked = channels.map((channel) => new Asked(channel, times, factor));
  times.forEach((at, index) => {
    for (const one of asked) {
      const observed = one.channel.observations[index]!;
      one.ask(index, group.observe(one.channel.name, observed, "run", at));
    }
  });
  return asked.map((one) => one.coverage).filter((coverage) => coverage.asked > 0);
}

class Asked {
  readonly channel: Channel;
  readonly #times: readonly number[];
  readonly #levels: readonly number[];
  readonly #limit: number;
  readonly #prognosis: Prognosis;
  readonly #reached: number;
  #told = 0;
  #held = 0;
  #asked = 0;

  constructor(channel: Channel, times: readonly number[], factor: number) {
    this.channel = channel;
    this.#times = times;
    this.#levels = channel.observations.map((features) => features[0]!);
    this.#limit = factor * median(this.#levels.slice(0, EARLY_OBSERVATIONS));
    this.#prognosis = new Prognosis(this.#limit);
    this.#reached = this.#levels.findIndex((_, index) => this.#isReached(index));
  }

  #isReached(index: number): boolean {
    const from = index + 1 - REACHED_OBSERVATIONS;
    return from >= 0 && median(this.#levels.slice(from, index + 1)) > this.#limit;
  }

  get coverage(): Coverage {
    const { name } = this.channel;
    return { channel: name, told: this.#told, held: this.#held, asked: this.#asked };
  }

  ask(index: number, answer: BaselineAnswer): void {
    if (index >= this.#reached) return;
    const said = this.#prognosis.observe(this.#levels[index]!, answer, this.#times[index]!);
    if (said === null) return;
    this.#asked += 1;
    if (said.kind !== "interval") return;
    const truth = this.#times[this.#reached]! - this.#times[index]!;
    this.#told += 1;
    if (said.fromMs <= truth && truth <= said.toMs) this.#held += 1;
  }
}
