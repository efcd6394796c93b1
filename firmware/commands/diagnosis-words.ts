// Where the diagnosis of a waveform stands, in a few words: for `telltale status`.

import type { BaselineStatus, ChannelStatus } from "../../runtime/diagnosis/channel-status.ts";

const MS_PER_HOUR = 3_600_000;

const PHASE_WORDS: Readonly<Record<BaselineStatus["phase"], string>> = {
  learning: "learning what is usual",
  "run-in": "running in: learning what is usual then",
  "re-learning": "learning anew what is usual",
  watching: "watching",
};

/** One line for what is heard, one for what is usual, one for each thing that keeps it silent. */
export function diagnosisLines(status: ChannelStatus): readonly string[] {
  const { waveform, operatingState, zone, bearings, baseline, problems } = status;
  const heard = [
    ...(zone === null ? [] : [`zone ${zone}`]),
    ...bearings.map(({ bearing, verdict }) => `${bearing} ${verdictWords(verdict)}`),
  ];
  return [
    `  ${waveform.padEnd(24)}${operatingState.padStart(14)}  ${heard.join(", ") || "nothing told"}`,
    `    ${baselineWords(baseline)}`,
    ...problems.map((problem) => `    ${problem}`),
  ];
}

function verdictWords(verdict: ChannelStatus["bearings"][number]["verdict"]): string {
  if (verdict === "none") return "without a fault";
  return verdict === "cannot-tell" ? "cannot be told" : `with a fault: ${verdict}`;
}

function baselineWords({ phase, learned, departs, remainingLife }: BaselineStatus): string {
  if (phase !== "watching")
    return `${PHASE_WORDS[phase]}, ${Math.floor(learned * 100)} % of the least time`;
  const usual = departs ? "is not what it usually is" : "is what it usually is";
  if (remainingLife === null) return usual;
  if (remainingLife.kind === "reached") return `${usual}; zone D has begun`;
  if (remainingLife.kind === "cannot-tell") return `${usual}; ${remainingLife.reason}`;
  const { fromMs, toMs, level } = remainingLife;
  const hours = (milliseconds: number) => Math.floor(milliseconds / MS_PER_HOUR);
  const share = Math.round(level * 100);
  return `${usual}; zone D in ${hours(fromMs)} to ${hours(toMs)} h, in ${share} % of cases`;
}
