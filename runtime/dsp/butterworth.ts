// Butterworth filters as second-order sections: flat where they let pass, and stable in double
// precision at any corner that a machine needs.

import assert from "node:assert/strict";

/**
 * Sections one after another, five numbers each: b₀, b₁, b₂, a₁, a₂ of
 * H(z) = (b₀ + b₁·z⁻¹ + b₂·z⁻²) ÷ (1 + a₁·z⁻¹ + a₂·z⁻²).
 */
export type Sections = Float64Array;
export const SECTION_LENGTH = 5;

/** More than eighth order (sixteenth as a band-pass) has no use here, and rings for long. */
export const BUTTERWORTH_ORDER_MAX = 8;

/**
 * Low-pass or high-pass with one corner, band-pass with two. The corners, in Hz, are where the
 * power is halved; a band-pass of order n has n poles for each side. Analogue prototype, poles at
 * exp(iπ(2k + n + 1) ÷ 2n), bilinear transform with pre-warped corners: Oppenheim, Schafer,
 * "Discrete-time signal processing", §7.1.
 */
export function butterworth(
  order: number,
  kind: "low-pass" | "high-pass" | "band-pass",
  cornersHz: number | readonly [number, number],
  rate: number,
): Sections {
  assert(Number.isInteger(order) && order >= 1 && order <= BUTTERWORTH_ORDER_MAX);
  if (kind === "band-pass") {
    assert(typeof cornersHz !== "number", "a band-pass has two corners");
    return bandPass(order, warped(cornersHz[0], rate), warped(cornersHz[1], rate));
  }
  assert(typeof cornersHz === "number", "a low-pass or high-pass has one corner");
  const corner = warped(cornersHz, rate);
  const sections = new Float64Array(Math.ceil(order / 2) * SECTION_LENGTH);
  for (let index = 0; index < Math.ceil(order / 2); index++) {
    // A pole's angle from the negative real axis; the odd one lies on it.
    const angle = (Math.PI * (order - 1 - 2 * index)) / (2 * order);
    const first = 2 * index + 1 === order;
    sections.set(
      first ? firstOrder(kind, corner) : secondOrder(kind, corner, 2 * Math.cos(angle)),
      index * SECTION_LENGTH,
    );
  }
  return sections;
}

/** The analogue frequency that the bilinear transform s = (1 − z⁻¹) ÷ (1 + z⁻¹) maps to it. */
function warped(hertz: number, rate: number): number {
  assert(hertz > 0 && hertz < rate / 2, "a corner lies between 0 and half the rate");
  return Math.tan((Math.PI * hertz) / rate);
}

type Side = "low-pass" | "high-pass";

/** ω² ÷ (s² + damping·ω·s + ω²), or s² above it. */
function secondOrder(side: Side, corner: number, damping: number): readonly number[] {
  const square = corner * corner;
  const scale = 1 / (1 + damping * corner + square);
  const gain = (side === "low-pass" ? square : 1) * scale;
  const sign = side === "low-pass" ? 1 : -1;
  const back = (1 - damping * corner + square) * scale;
  return [gain, 2 * sign * gain, gain, 2 * (square - 1) * scale, back];
}

function firstOrder(side: Side, corner: number): readonly number[] {
  const scale = 1 / (1 + corner);
  const gain = (side === "low-pass" ? corner : 1) * scale;
  return [gain, side === "low-pass" ? gain : -gain, 0, (corner - 1) * scale, 0];
}

/** s → (s² + low·high) ÷ (s·(high − low)): each pole p of the prototype becomes two. */
function bandPass(order: number, low: number, high: number): Sections {
  assert(low < high, "the lower corner of a band-pass comes first");
  const width = high - low;
  const centre = low * high;
  const sections = new Float64Array(order * SECTION_LENGTH);
  let at = 0;
  const put = (sum: number, product: number): void => {
    // The pair's s² − sum·s + product, put through the bilinear transform; zeros at z = ±1. At the
    // centre frequency each section then has a gain that the last division takes out.
    const scale = 1 / (1 - sum + product);
    const section = [1, 0, -1, 2 * (product - 1) * scale, (1 + sum + product) * scale];
    const gain = magnitudeAt(section, 2 * Math.atan(Math.sqrt(centre)));
    sections.set([1 / gain, 0, -1 / gain, section[3]!, section[4]!], at);
    at += SECTION_LENGTH;
  };
  for (let index = 0; index < Math.floor(order / 2); index++) {
    const angle = (Math.PI * (2 * index + order + 1)) / (2 * order);
    const re = (width * Math.cos(angle)) / 2;
    const im = (width * Math.sin(angle)) / 2;
    // The root of p²·width² ÷ 4 − centre, on the side that joins on continuously.
    const square = re * re - im * im - centre;
    const cross = 2 * re * im;
    const length = Math.hypot(square, cross);
    const rootRe = Math.sqrt((length + square) / 2);
    const rootIm = Math.sign(cross || 1) * Math.sqrt((length - square) / 2);
    for (const sign of [1, -1]) {
      const poleRe = re + sign * rootRe;
      const poleIm = im + sign * rootIm;
      put(2 * poleRe, poleRe * poleRe + poleIm * poleIm);
    }
  }
  // The real pole −1 of an odd order: a pair with sum −width and product `centre`.
  if (order % 2 === 1) put(-width, centre);
  return sections;
}

/** |H| of one section at an angle between 0 and π. */
function magnitudeAt(section: readonly number[], angle: number): number {
  const [b0, b1, b2, a1, a2] = section as readonly [number, number, number, number, number];
  const cos = Math.cos(angle);
  const sin = Math.sin(angle);
  const cos2 = Math.cos(2 * angle);
  const sin2 = Math.sin(2 * angle);
  const above = Math.hypot(b0 + b1 * cos + b2 * cos2, b1 * sin + b2 * sin2);
  return above / Math.hypot(1 + a1 * cos + a2 * cos2, a1 * sin + a2 * sin2);
}

/** The gain of a filter at a frequency, without unit: for reports and tests. */
export function gainAt(sections: Sections, hertz: number, rate: number): number {
  let gain = 1;
  for (let at = 0; at < sections.length; at += SECTION_LENGTH) {
    const section = Array.from(sections.subarray(at, at + SECTION_LENGTH));
    gain *= magnitudeAt(section, (2 * Math.PI * hertz) / rate);
  }
  return gain;
}
