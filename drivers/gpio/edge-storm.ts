// Tells a storm of edges (a loose contact, a floating input) from a machine that works, so that
// it does not become a storm of samples.

/**
 * No relay or contact switches as often. Each edge is a message to the meter's process and a
 * sample to judge there; faster things are counted (`count`, `frequency`) and not followed.
 */
const EDGES_PER_SECOND_MAX = 200;

export class EdgeStorm {
  /** How many more edges may come at once; fills up again within a second. */
  #room = EDGES_PER_SECOND_MAX;
  #atMs: number | null = null;
  #isOn = false;

  /** Whether the edge at this time is part of a storm. */
  take(atMs: number): boolean {
    this.#fill(atMs);
    if (this.#room < 1) this.#isOn = true;
    else this.#room--;
    return this.#isOn;
  }

  /** A storm is over when for a second there were hardly any edges: the room is whole again. */
  isOver(atMs: number): boolean {
    this.#fill(atMs);
    if (this.#room >= EDGES_PER_SECOND_MAX) this.#isOn = false;
    return !this.#isOn;
  }

  #fill(atMs: number): void {
    const sinceMs = Math.max(0, atMs - (this.#atMs ?? atMs));
    this.#room = Math.min(
      EDGES_PER_SECOND_MAX,
      this.#room + (sinceMs * EDGES_PER_SECOND_MAX) / 1_000,
    );
    this.#atMs = Math.max(atMs, this.#atMs ?? atMs);
  }
}
