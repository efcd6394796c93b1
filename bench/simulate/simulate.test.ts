// The simulator itself: the same seed is the same life, and a meter that is wrong is found.

import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { BROKEN_PARTS } from "./broken-parts.ts";
import { REAL_PARTS } from "./controller.ts";
import { LifeFailed, type LifeReport, runLife } from "./run-life.ts";

/** A few days with tens of events; a life that is meant to break ends at its first broken law. */
const SHORT_YEARS = 0.03;
const LIVES_MAX = 8;

function lifeOf(machine: number, parts = REAL_PARTS, years = SHORT_YEARS): Promise<LifeReport> {
  return runLife({ seed: 2_026, machine, years, parts });
}

test("one seed tells the same life twice, to the last leaf and register", async () => {
  const [one, two] = [await lifeOf(1), await lifeOf(1)];
  expect(two).toEqual(one);
  expect(one.cuts).toBeGreaterThan(0);
  expect(one.registers.working).toBeGreaterThan(0);
  expect(one.leaves).toBeGreaterThan(100);
});

test("all laws hold for a machine that is polled and debounced", async () => {
  expect(await lifeOf(2)).toMatchObject({ isSampledExactly: false });
});

test("seeds make different lives", async () => {
  const [one, three] = [await lifeOf(1), await lifeOf(3)];
  expect(three.registers).not.toEqual(one.registers);
});

test("a replaced controller is continued, over a change of the zone's clocks", async () => {
  const report = await runLife({ seed: 1, machine: 2, years: 0.3, parts: REAL_PARTS });
  expect(report.swaps).toBeGreaterThan(0);
  expect(report.clockChanges).toBeGreaterThan(0);
  // One before the swap and two in the end.
  expect(report.statements).toBeGreaterThan(2);
}, 60_000);

test.each([
  ["an offset is added to the meter's own hours", /an instruction moves no register/],
  ["a new controller goes on with the slots of the old one", /registers begin at zero/],
] as const)(
  "%s: the law that says so breaks",
  async (name, law) => {
    await expect(firstBroken(BROKEN_PARTS[name]!)).resolves.toHaveProperty(
      "message",
      expect.stringMatching(law),
    );
  },
  60_000,
);

test.each(Object.entries(BROKEN_PARTS))("it finds that %s", async (_, parts) => {
  await expect(firstBroken(parts)).resolves.toBeInstanceOf(LifeFailed);
});

/** The failure of the first life that breaks a law; null where a few lives found nothing. */
async function firstBroken(parts: typeof REAL_PARTS): Promise<unknown> {
  for (let machine = 1; machine <= LIVES_MAX; machine++) {
    try {
      await lifeOf(machine, parts, 4 * SHORT_YEARS);
    } catch (error) {
      return error;
    }
  }
  return null;
}

test("a failure names the law, where it broke and how to have it again", async () => {
  const broken = await firstBroken(BROKEN_PARTS["what was open is forgotten"]!);
  expect(String(broken)).toMatch(/a life goes on from what was saved/);
  expect(String(broken)).toMatch(/seed 2026, machine \d+, step \d+/);
  expect(String(broken)).toMatch(/npm run simulate -- --seed 2026 --machine \d+ --years 0.12/);
});

test("the command says what it can, and refuses what makes no sense", async () => {
  const help = await command("--help");
  expect(help).toMatchObject({ status: 0 });
  expect(help.stdout).toMatch(/Example: npm run simulate/);
  for (const [wrong, said] of [
    [["--years", "0"], /--years 0: it takes more than 0/],
    [["--machines", "x"], /--machines x: it takes a whole number/],
    [["--wind", "1"], /--wind/],
  ] as const) {
    const refused = await command(...wrong);
    expect(refused.status).toBe(2);
    expect(refused.stderr).toMatch(said);
    expect(refused.stderr).not.toMatch(/ at .*\.ts:/);
  }
});

function command(...args: readonly string[]) {
  const program = fileURLToPath(new URL("main.ts", import.meta.url));
  return new Promise<{ status: number; stdout: string; stderr: string }>((resolve) => {
    execFile(process.execPath, [program, ...args], (error, stdout, stderr) => {
      resolve({ status: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });
}
