// What a bearing's verdict owes to the speed: a comb that is a whole multiple of the shaft, as it
// is heard and not as it is given, is the shaft's.

import type { BearingDecision } from "./bearing/decision.ts";
import type { MountedBearing } from "./channel.ts";
import { NOTHING_KNOWN, type SpeedCheck } from "./speed-check.ts";

/**
 * So near a whole multiple a comb is the shaft's own: blades, pistons, lobes and couplings repeat a
 * whole number of times per turn. The detector takes such lines out where the given speed is right
 * to 0.2 %; one that is read from a plate is wrong by up to a slip of 3 %, and a fan with three
 * blades then lies where the outer ring of a 6203 does. Twice the resolution of the speed heard.
 */
const WHOLE_SHARE = 0.006;

/**
 * Where nothing says how fast the shaft turns: a plate's speed is wrong by up to so much, and one
 * that swings within a block takes the shaft's multiples with it.
 */
const WHOLE_SHARE_UNHEARD = 0.03;

/** The verdict, or why nobody can tell. */
export function withHeardSpeed(
  decision: BearingDecision,
  { ratio }: MountedBearing,
  check: SpeedCheck,
): BearingDecision {
  const { verdict, candidates } = decision;
  const claimed = candidates.find(({ candidate }) => candidate === verdict);
  if (claimed === undefined) return decision;
  // At 0.87 of the speed an inner ring lies where the rolling elements do: here the bearing's own
  // lines are no excuse. The rings' own verdicts were never wrong that way.
  const problem = verdict === "ball" ? check.judge(NOTHING_KNOWN) : null;
  if (problem !== null) return untold(decision, problem.message);
  const heardHz = check.heardHz();
  const shaftHz = heardHz ?? check.givenHz;
  const order = claimed.fundamentalHz / (shaftHz * ratio);
  const whole = Math.round(order);
  const share = heardHz === null ? WHOLE_SHARE_UNHEARD : WHOLE_SHARE;
  if (!(whole > 0 && Math.abs(order / whole - 1) <= share)) return decision;
  const rpm = (60 * shaftHz).toFixed(0);
  const reason =
    heardHz === null
      ? `What is heard may be ${whole} times the shaft, whose own lines are not heard.`
      : `What is heard is ${whole} times the shaft, which turns at ${rpm} rpm.`;
  return untold(decision, reason);
}

function untold(decision: BearingDecision, reason: string): BearingDecision {
  return { ...decision, verdict: "cannot-tell", confidence: 0, reason };
}
