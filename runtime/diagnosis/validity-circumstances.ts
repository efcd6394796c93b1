// What the circumstances of a window forbid: a speed that is unknown or zero, a state that nobody
// learned, lines that the rate cannot show.

import { bearingOrders } from "./bearing/geometry.ts";
import type { Circumstances, DiagnosisChannel, MountedBearing, Quantity } from "./channel.ts";
import { USABLE_SHARE_OF_RATE } from "./features/line-spectrum.ts";
import { figure } from "./figure.ts";
import type { ValidityProblem } from "./validity.ts";

/** Slower than one revolution in ten seconds is at rest for anything that is said here. */
const AT_REST_HZ = 0.1;

/**
 * A fault's lines must come twice, as the first and second harmonic, below half the rate; else
 * nothing tells them from any other line.
 */
const HARMONICS_MIN = 2;

/** Velocity is judged from 10 Hz on, and three periods of that are needed (velocity-band.ts). */
const SEVERITY_SECONDS_MIN = 0.3;
/** It is judged up to 1000 Hz: a band that the rate cuts off would look better than it is. */
const SEVERITY_HIGHEST_HZ = 1_000;

/** A shock of a rolling element is no more in either than any other modulation. */
const DEAF_TO_BEARINGS: ReadonlySet<Quantity> = new Set(["displacement", "current"]);

export function judgeCircumstances(
  channel: DiagnosisChannel,
  circumstances: Circumstances,
  problems: ValidityProblem[],
): void {
  const { bearings, gears, quantity, rate, regime, windowSamples, severity } = channel;
  const known = circumstances.speedHz;
  const speedHz = known === null || !Number.isFinite(known) ? null : Math.abs(known);
  for (const bearing of bearings) judgeGeometry(bearing, problems);
  if (bearings.length > 0 && DEAF_TO_BEARINGS.has(quantity)) {
    const message = `Bearings are told from a vibration, and these samples are a ${quantity}.`;
    problems.push({ kind: "wrong-quantity", message, forbids: "bearing" });
  }
  if (severity !== null && windowSamples < SEVERITY_SECONDS_MIN * rate) {
    const seconds = figure(windowSamples / rate);
    const message = `Severity from 10 Hz on needs windows of 0.3 s: these have ${seconds} s.`;
    problems.push({ kind: "too-short", message, forbids: "severity" });
  }
  if (severity !== null && USABLE_SHARE_OF_RATE * rate < SEVERITY_HIGHEST_HZ) {
    const least = figure(SEVERITY_HIGHEST_HZ / USABLE_SHARE_OF_RATE);
    const message = `Severity up to 1000 Hz needs ${least} samples a second: these are ${rate}.`;
    problems.push({ kind: "wrong-rate", message, forbids: "severity" });
  }
  if (regime) judgeLoad(regime.load, circumstances.load, problems);
  if (speedHz === null) {
    judgeUnknownSpeed(channel, problems);
    return;
  }
  if (speedHz < AT_REST_HZ) {
    const message = "The shaft is at rest: what is heard then is not the machine at work.";
    problems.push({ kind: "at-rest", message, forbids: "everything" });
    return;
  }
  if (regime && (speedHz < regime.speedHz[0] || speedHz > regime.speedHz[1])) {
    const [least, most] = regime.speedHz.map((hertz) => figure(60 * hertz));
    problems.push({
      kind: "speed-out-of-regime",
      message: `A speed of ${figure(60 * speedHz)} rpm is outside of ${least} to ${most} rpm.`,
      forbids: "everything",
    });
  }
  for (const { name, geometry, ratio } of bearings) {
    const { bpfi } = bearingOrders(geometry);
    const highestHz = HARMONICS_MIN * bpfi * ratio * speedHz;
    // A geometry that gives no frequency was reported above.
    if (!(highestHz >= rate / 2)) continue;
    problems.push({
      kind: "wrong-rate",
      message: beyond(name, highestHz, rate),
      forbids: "bearing",
    });
  }
  for (const { name, teeth, ratio } of gears) {
    const meshHz = teeth * ratio * speedHz;
    if (!(meshHz >= rate / 2)) continue;
    problems.push({ kind: "wrong-rate", message: beyond(name, meshHz, rate), forbids: "orders" });
  }
}

function beyond(name: string, hertz: number, rate: number): string {
  const half = figure(rate / 2);
  return `Lines of ${name} reach ${figure(hertz)} Hz, and the samples end at ${half} Hz.`;
}

function judgeUnknownSpeed(
  { bearings, regime }: DiagnosisChannel,
  problems: ValidityProblem[],
): void {
  const kind = "speed-unknown";
  if (regime) {
    const message = "The speed is unknown, so nobody knows whether the limits hold.";
    problems.push({ kind, message, forbids: "everything" });
    return;
  }
  const message = "The speed is unknown: nothing that is a multiple of it can be named.";
  problems.push({ kind, message, forbids: "orders" });
  if (bearings.length > 0) problems.push({ kind, message, forbids: "bearing" });
}

function judgeLoad(
  bounds: readonly [number, number] | null,
  load: number | null,
  problems: ValidityProblem[],
): void {
  if (bounds === null) return;
  const [least, most] = bounds;
  if (load !== null && load >= least && load <= most) return;
  problems.push({
    kind: "load-out-of-regime",
    message:
      load === null
        ? `The load is not known; the limits hold from ${figure(least)} to ${figure(most)}.`
        : `A load of ${figure(load)} is outside of ${figure(least)} to ${figure(most)}.`,
    forbids: "everything",
  });
}

/** Rolling elements have to fit between the rings, and beside each other on the pitch circle. */
function judgeGeometry(
  { name, geometry, ratio }: MountedBearing,
  problems: ValidityProblem[],
): void {
  const { elements, elementDiameterMm, pitchDiameterMm, contactAngleDeg } = geometry;
  const fits =
    Number.isInteger(elements) &&
    elements >= 3 &&
    elementDiameterMm > 0 &&
    elementDiameterMm < pitchDiameterMm &&
    elements * elementDiameterMm < Math.PI * pitchDiameterMm &&
    contactAngleDeg >= 0 &&
    contactAngleDeg < 90 &&
    ratio > 0 &&
    Number.isFinite(ratio);
  if (fits) return;
  problems.push({
    kind: "geometry-unknown",
    message: `The geometry of ${name} (${geometry.designation}) is none that a bearing can have.`,
    forbids: "bearing",
  });
}
