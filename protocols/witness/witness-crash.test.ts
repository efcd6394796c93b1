import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openWitnessDirectory } from "../../firmware/host/witness-directory.ts";
import { startProgram } from "../../runtime/testing/child-program.ts";
import { scratchDirectory } from "../../runtime/testing/scratch-directory.ts";
import { DEVICE_NAME, TestLog, WITNESS_KEY } from "./test-rig.ts";

type Moment = "never" | "before" | "after";

async function startWitness(directory: string, when: Moment) {
  const program = startProgram("witness-program", directory, when);
  await program.said(/port \d+\n/);
  const port = Number(/port (\d+)/.exec(program.output())![1]);
  return {
    /** Null where it died over it. */
    async post(body: string): Promise<{ status: number; text: string } | null> {
      const url = `http://127.0.0.1:${port}/add-checkpoint`;
      try {
        const answer = await fetch(url, { method: "POST", body });
        return { status: answer.status, text: await answer.text() };
      } catch (error) {
        if (error instanceof TypeError) return null;
        throw error;
      }
    },
    [Symbol.asyncDispose]: () => program.kill(),
  };
}

test("killed between write and answer, a witness does not sign a fork afterwards", async () => {
  using scratch = scratchDirectory();
  const log = new TestLog().append(6);
  {
    await using witness = await startWitness(scratch.path, "after");
    expect(await witness.post(log.request(0))).toBeNull();
  }
  const fork = log.fork(5).append(1, "other");
  await using witness = await startWitness(scratch.path, "never");
  // Nobody has that cosignature, and still the other tree is refused.
  expect(await witness.post(fork.request(0))).toEqual({ status: 409, text: "6\n" });
  expect(await witness.post(fork.request(6))).toMatchObject({ status: 409 });
  // The log itself asks again with the size that it is told, and goes on.
  expect(await witness.post(log.request(6))).toMatchObject({ status: 200 });
  expect(await witness.post(log.append(5).request(6))).toMatchObject({ status: 200 });
  expect(openWitnessDirectory(scratch.path, WITNESS_KEY).evidence).toMatchObject([
    { kind: "fork", origin: DEVICE_NAME, offered: fork.checkpoint() },
  ]);
});

test("killed before the write, it has promised nothing to anybody", async () => {
  using scratch = scratchDirectory();
  const log = new TestLog().append(6);
  {
    await using witness = await startWitness(scratch.path, "before");
    expect(await witness.post(log.request(0))).toBeNull();
  }
  await using witness = await startWitness(scratch.path, "never");
  expect(await witness.post(log.request(0))).toMatchObject({ status: 200 });
});

test("a note that a power cut left half written does not replace the one before", async () => {
  using scratch = scratchDirectory();
  const log = new TestLog().append(6);
  const directory = openWitnessDirectory(scratch.path, null);
  {
    await using witness = await startWitness(scratch.path, "never");
    expect(await witness.post(log.request(0))).toMatchObject({ status: 200 });
  }
  const [name] = readdirSync(join(scratch.path, "newest"));
  writeFileSync(join(scratch.path, "newest", `${name}.tmp`), "telltale/usa");
  await using witness = await startWitness(scratch.path, "never");
  expect(await witness.post(log.append(1).request(6))).toMatchObject({ status: 200 });
  expect(directory.kept.size).toBe(0);
});

test.each([
  ["is cut off", (note: string) => note.slice(0, -20)],
  ["is empty", () => ""],
  ["was changed", (note: string) => note.replace("\n6\n", "\n5\n")],
  ["is another ledger's", (note: string) => note.replace(DEVICE_NAME, "telltale/usage/other")],
])("a witness whose memory %s does not start", async (_, damage) => {
  using scratch = scratchDirectory();
  {
    await using witness = await startWitness(scratch.path, "never");
    await witness.post(new TestLog().append(6).request(0));
  }
  const file = join(scratch.path, "newest", readdirSync(join(scratch.path, "newest"))[0]!);
  writeFileSync(file, damage(readFileSync(file, "utf8")));
  expect(() => openWitnessDirectory(scratch.path, WITNESS_KEY)).toThrow(
    expect.objectContaining({ code: "DATA_UNUSABLE" }),
  );
});
