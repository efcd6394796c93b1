// Whether the other end of a channel still speaks. Counted in beats of our own and not in time:
// while this process itself could not run (a package that loads for long, SIGSTOP, a machine under
// load) what the other end said waits to be read, and is read between two beats.

export class Silence {
  readonly #beatsMax: number;
  #beats = 0;

  constructor(beatsMax: number) {
    this.#beatsMax = beatsMax;
  }

  heard(): void {
    this.#beats = 0;
  }

  /** How many beats have passed since something was heard. */
  get beats(): number {
    return this.#beats;
  }

  /** Once each beat: whether it has been silent for too long. */
  beat(): boolean {
    this.#beats += 1;
    return this.#beats > this.#beatsMax;
  }
}
