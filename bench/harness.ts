// What a benchmark is and how two things are compared: alternately, in one process, so that a
// machine that grows slow or fast in the middle does so for both. Ratios are taken round by round.

export interface Benchmark {
  readonly name: string;
  /** One line for the list of benchmarks. */
  readonly summary: string;
  /** Measures; each line is shown as soon as it is there. */
  lines(): AsyncIterable<Measurement> | Iterable<Measurement>;
}

export interface Measurement {
  /** What was measured, in words that stand for themselves. */
  readonly line: string;
  /** UCUM, as in a machine file. */
  readonly unit: string;
  readonly better: "higher" | "lower";
  /** The median of the rounds; null where it did not run. */
  readonly ours: number | null;
  /** The peer's median; null where there is none, or where it did not run. */
  readonly peer: { readonly name: string; readonly value: number | null } | null;
  /** Ours divided by the peer's: median, least and most of the rounds. */
  readonly ratio: Spread | null;
  /** A bound of the ratio where there is a peer, of our own figure where there is none. */
  readonly goal: number;
  /** Null where it did not run. */
  readonly met: boolean | null;
  /** Why it did not run, or not beside its peer. */
  readonly notRun: string | null;
}

interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** Does one round and gives its figure, in the unit of the line. */
type Round = () => number | Promise<number>;

export interface Comparison {
  readonly line: string;
  readonly unit: string;
  readonly better: "higher" | "lower";
  readonly goal: number;
  readonly ours: Round;
  /** `null`: nobody to compare with. A string in place of `run` says why the peer is missing. */
  readonly peer: { readonly name: string; readonly run: Round | string } | null;
  readonly rounds?: number;
  /** Rounds that are run and not counted, while code is compiled and caches fill. */
  readonly warmUpRounds?: number;
}

/** Enough for a median that one disturbed round does not move. */
const ROUNDS_DEFAULT = 7;
const WARM_UP_ROUNDS_DEFAULT = 1;
const ROUNDS_MAX = 1_000;

/** Runs ours and the peer's in turn and takes the ratio of each pair. */
export async function compare(comparison: Comparison): Promise<Measurement> {
  const { line, unit, better, goal, ours, peer } = comparison;
  const rounds = comparison.rounds ?? ROUNDS_DEFAULT;
  const warmUpRounds = comparison.warmUpRounds ?? WARM_UP_ROUNDS_DEFAULT;
  if (rounds < 1 || rounds > ROUNDS_MAX) throw new RangeError(`${rounds} rounds`);
  const runPeer = typeof peer?.run === "function" ? peer.run : null;
  const oursOfRounds: number[] = [];
  const peersOfRounds: number[] = [];
  for (let round = -warmUpRounds; round < rounds; round++) {
    const ourFigure = await ours();
    const peerFigure = runPeer ? await runPeer() : null;
    if (round < 0) continue;
    oursOfRounds.push(ourFigure);
    if (peerFigure !== null) peersOfRounds.push(peerFigure);
  }
  const ratio = runPeer ? spread(oursOfRounds.map((our, at) => our / peersOfRounds[at]!)) : null;
  const ourMedian = median(oursOfRounds);
  const judged = peer === null ? ourMedian : (ratio?.median ?? null);
  return {
    line,
    unit,
    better,
    ours: ourMedian,
    peer: peer && { name: peer.name, value: runPeer ? median(peersOfRounds) : null },
    ratio,
    goal,
    met: judged === null ? null : meets(judged, goal, better),
    notRun: typeof peer?.run === "string" ? `${peer.name}: ${peer.run}` : null,
  };
}

/** A figure of our own against a bound, measured once (memory after half an hour, a start). */
export function figure(
  of: Pick<Measurement, "line" | "unit" | "better" | "goal"> & { readonly ours: number },
): Measurement {
  const met = meets(of.ours, of.goal, of.better);
  return { ...of, peer: null, ratio: null, met, notRun: null };
}

/** A line that could not be measured here at all. */
export function notRun(
  of: Pick<Measurement, "line" | "unit" | "better" | "goal">,
  reason: string,
): Measurement {
  return { ...of, ours: null, peer: null, ratio: null, met: null, notRun: reason };
}

/** Work per second of a run that does `count` of them. */
export async function perSecond(count: number, run: () => unknown): Promise<number> {
  const startedAt = performance.now();
  await run();
  return (count * 1_000) / (performance.now() - startedAt);
}

export function median(numbers: readonly number[]): number {
  if (numbers.length === 0) throw new RangeError("the median of nothing");
  const sorted = numbers.toSorted((one, other) => one - other);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

function spread(numbers: readonly number[]): Spread {
  return { median: median(numbers), min: Math.min(...numbers), max: Math.max(...numbers) };
}

function meets(value: number, goal: number, better: "higher" | "lower"): boolean {
  return better === "higher" ? value >= goal : value <= goal;
}
