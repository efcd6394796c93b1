// Finds holes in the numbers that the kernel gives to the edges of a line: it counts those too
// that its queue had no room for.

export class EdgeSequence {
  #next = 1;

  /** How many edges were lost before this one. Null, from a kernel that does not count, is none. */
  lostBefore(sequence: number | null): number {
    if (sequence === null) return 0;
    // The numbers are 32 bits wide and begin again at 0.
    const lost = (sequence - this.#next) >>> 0;
    this.#next = (sequence + 1) >>> 0;
    return lost;
  }
}
