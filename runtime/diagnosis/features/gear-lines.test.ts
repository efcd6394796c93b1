import { expect, test } from "vitest";
import { SeededRandom } from "../../testing/seeded-random.ts";
import { at, channelOf, featuresOf, waveOf } from "./test-rig.ts";

const channel = channelOf({ gears: [{ name: "input", teeth: 23, ratio: 1.5 }] });
const SHAFT_HZ = 1.5 * 20;
const MESH_HZ = 23 * SHAFT_HZ;

/** A mesh of amplitude 1 whose amplitude swings by `depth` once a turn, in a little noise. */
function meshing(depth: number): Float32Array {
  const random = new SeededRandom(3);
  return waveOf(
    channel,
    [
      [1, MESH_HZ],
      [depth / 2, MESH_HZ - SHAFT_HZ],
      [depth / 2, MESH_HZ + SHAFT_HZ],
    ],
    () => 1e-4 * random.normal(),
  );
}

test.each([0.1, 0.5])("a mesh that swings by %d has sidebands of its depth", (depth) => {
  for (const speedHz of [20, 20.1]) {
    const found = featuresOf(channel, meshing(depth), at(speedHz));
    expect(found["InputMesh"]).toBeCloseTo(Math.SQRT1_2, 2);
    // Two sidebands of half the depth each: depth² ÷ 2 of the mesh.
    expect(found["InputSidebands"]).toBeCloseTo(10 * Math.log10(depth ** 2 / 2), 1);
  }
});

test("without a mesh there is nothing for sidebands to be beside", () => {
  const random = new SeededRandom(4);
  const noise = waveOf(channel, [], () => random.normal());
  expect(featuresOf(channel, noise, at(20))["InputSidebands"]).toBeNaN();
});

test.each([
  ["no speed", null],
  ["rest", 0],
  ["a shaft that the window cannot resolve", 2],
  ["a mesh above what the rate permits", 400],
])("%s: no figure", (_, speedHz) => {
  const found = featuresOf(channel, meshing(0.5), at(speedHz));
  expect([found["InputMesh"], found["InputSidebands"]]).toEqual([Number.NaN, Number.NaN]);
});
