// The packages with machine code load from the bundle, on a machine that compiled none of them.

import { expect } from "vitest";
import { scenario } from "../scenario.ts";

export const nativeScenarios = [
  scenario(
    "every package with machine code loads and works from the bundle",
    { driver: "gpio", requires: ["nativePackages"] },
    async ({ nativePackages, figure }) => {
      figure("architecture", nativePackages.architecture);
      const outcomes = await nativePackages.check();
      for (const [name, { said }] of Object.entries(outcomes)) figure(name, said);
      const failed = Object.entries(outcomes).filter(([, { ok }]) => !ok);
      expect(failed).toEqual([]);
    },
  ),
];
