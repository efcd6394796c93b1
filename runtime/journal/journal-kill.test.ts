// SIGKILL at any moment: what was reported as committed is in the file, and the numbers go on.

import { describe, expect, test } from "vitest";
import { GOOD } from "../signal/quality.ts";
import { startProgram } from "../testing/child-program.ts";
import { openJournal, walk } from "../testing/journal-rig.ts";
import { scratchDirectory } from "../testing/scratch-directory.ts";
import { withSeed } from "../testing/seeded-random.ts";

const KILLS = 3;

describe("a writer that is killed", () => {
  test("has every record that it reported, without a hole, life after life", async () => {
    await withSeed(async (random) => {
      using scratch = scratchDirectory();
      const path = scratch.at("journal.sqlite");
      let before = 0;
      for (let kill = 0; kill < KILLS; kill++) {
        await using child = startProgram("journal-writer-program", path);
        // At least one commit, and then any moment.
        await child.said(/\d\n/);
        const commits = random.integer(1, 60);
        await child.said(new RegExp(`(\\d+\\n){${commits}}`));
        await child.kill();
        const reported = Number(child.output().trimEnd().split("\n").at(-1));
        const journal = await openJournal(path);
        const { newest } = journal.committed;
        expect(newest).toBeGreaterThanOrEqual(reported);
        expect(reported).toBeGreaterThan(before);
        const { records } = await walk(journal, {}, 20_000);
        expect(records.map(({ seq }) => seq)).toEqual(
          Array.from({ length: newest }, (_, index) => index + 1),
        );
        journal.sample(0, 1, GOOD, 1);
        await journal.flush();
        expect(journal.committed.newest).toBe(newest + 1);
        before = newest + 1;
        await journal.close();
      }
    });
  });
});
