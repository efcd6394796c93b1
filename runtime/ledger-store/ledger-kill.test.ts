// SIGKILL at any moment: what was reported as committed is in the file, and the tree goes on.

import { expect, test } from "vitest";
import { startProgram } from "../testing/child-program.ts";
import { openLedger } from "../testing/ledger-rig.ts";
import { scratchDirectory } from "../testing/scratch-directory.ts";
import { withSeed } from "../testing/seeded-random.ts";

const KILLS = 3;

test("a writer that is killed has every leaf that it reported, life after life", async () => {
  await withSeed(async (random) => {
    using scratch = scratchDirectory();
    const path = scratch.at("ledger.sqlite");
    let before = 0;
    for (let kill = 0; kill < KILLS; kill++) {
      await using child = startProgram("ledger-writer-program", path);
      const commits = random.integer(1, 60);
      await child.said(new RegExp(`(\\d+\\n){${commits}}`));
      await child.kill();
      const reported = Number(child.output().trimEnd().split("\n").at(-1));
      const { ledger, opening, writer } = await openLedger(path);
      expect(opening.size).toBeGreaterThanOrEqual(reported);
      expect(reported).toBeGreaterThan(before);
      expect(opening.lastLeaf).toBe(`leaf ${opening.size - 1}`);
      writer.leaves(1);
      await ledger.flush();
      expect(await ledger.leaves(opening.size - 1, 5)).toEqual([
        `leaf ${opening.size - 1}`,
        `leaf ${opening.size}`,
      ]);
      before = opening.size + 1;
      await ledger.close();
    }
  });
});
