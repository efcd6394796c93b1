// Randomness for tests that runs twice the same: one 32-bit seed gives one sequence, and a test
// that fails says which seed it had.

/** The environment variable that gives a failing test its seed again. */
const SEED_VARIABLE = "TELLTALE_SEED";

/**
 * mulberry32: 32 bits of state are plenty for a test, and the whole generator can be read at once.
 */
export class SeededRandom {
  readonly seed: number;
  #state: number;

  constructor(seed: number) {
    this.seed = seed >>> 0;
    this.#state = this.seed;
  }

  /** At least 0, less than 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number from `low` to `high`, both included. */
  integer(low: number, high: number): number {
    return low + Math.floor(this.next() * (high - low + 1));
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<Item>(items: readonly Item[]): Item {
    if (items.length === 0) throw new RangeError("nothing to pick from");
    return items[this.integer(0, items.length - 1)]!;
  }

  /** Normally distributed around 0 with deviation 1 (Box and Muller). */
  normal(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.next()));
    return radius * Math.cos(2 * Math.PI * this.next());
  }
}

/**
 * Runs a test's body with a random source. The seed differs from run to run unless the environment
 * names one, and a failure names it, so that the same failure can be had again.
 */
export async function withSeed(body: (random: SeededRandom) => unknown): Promise<void> {
  const given = process.env[SEED_VARIABLE];
  const seed = given === undefined ? Math.floor(Math.random() * 2 ** 32) : Number(given);
  if (!Number.isInteger(seed)) throw new TypeError(`${SEED_VARIABLE}=${given} is not a seed`);
  try {
    await body(new SeededRandom(seed));
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    throw new Error(`${said}\nRun it again with ${SEED_VARIABLE}=${seed}`, { cause: error });
  }
}
