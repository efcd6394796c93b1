// `telltale detect` on a table that is larger than its memory.

import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const MAIN = fileURLToPath(new URL("../main.ts", import.meta.url));

test("a table without an end is judged in memory that does not grow", async () => {
  const args = ["--max-old-space-size=48", MAIN, "detect", "-", "--time=t", "--value=a,b"];
  const child = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "ignore"] });
  let bytes = 0;
  child.stdout.on("data", (piece: Buffer) => {
    bytes += piece.length;
  });
  const ended = new Promise<number | null>((resolve) => child.on("exit", resolve));
  child.stdin.write("t,a,b,note\n");
  // 80 MB in, more than the heap that it has.
  const note = "x".repeat(10_000);
  for (let batch = 0; batch < 80; batch++) {
    const rows = Array.from({ length: 100 }, (_, row) => `${row},${row % 7},${row % 5},${note}`);
    if (!child.stdin.write(`${rows.join("\n")}\n`)) {
      await new Promise((resolve) => child.stdin.once("drain", resolve));
    }
  }
  child.stdin.end();
  expect(await ended).toBe(0);
  expect(bytes).toBeGreaterThan(80 * 100 * 5);
}, 180_000);
