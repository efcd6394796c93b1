import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, constants, openSync, readSync } from "node:fs";
import { expect, onTestFinished, test } from "vitest";
import { scratchDirectory } from "../../runtime/testing/scratch-directory.ts";
import { LineSink } from "./line-sink.ts";

const LOG = new URL("./log.ts", import.meta.url).href;

/** A process that logs more than any pipe holds, says so on its standard output and ends. */
function logging(plain: boolean): string {
  return `
    import { hostLog } from "${LOG}";
    const log = hostLog("meter", { plain: ${plain}, level: "info" });
    for (let line = 0; line < 5_000; line++) log.info("x".repeat(200), { line });
    process.stdout.write("went on");`;
}

function start(code: string, command = process.execPath, args: readonly string[] = []) {
  const node = ["--input-type=module", "-e", code];
  const child = spawn(command, [...args, ...node], { stdio: ["ignore", "pipe", "pipe"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  return child;
}

async function saidBy(child: ChildProcess): Promise<string> {
  let said = "";
  child.stdout!.on("data", (text) => {
    said += text;
  });
  const [status] = await once(child, "exit");
  return `${said} and ended with ${status}`;
}

const forms = [{ plain: true }, { plain: false }];

test.each(forms)("a socket that nobody reads holds nothing up (plain: $plain)", async (form) => {
  const child = start(logging(form.plain));
  child.stderr!.pause();
  expect(await saidBy(child)).toBe("went on and ended with 0");
});

test.each(forms)("a pipe that nobody reads holds nothing up (plain: $plain)", async (context) => {
  using scratch = scratchDirectory();
  const pipe = scratch.at("pipe");
  const made = spawn("mkfifo", [pipe]);
  await once(made, "exit");
  const reader = openSync(pipe, constants.O_RDWR | constants.O_NONBLOCK);
  onTestFinished(() => closeSync(reader));
  const child = start(logging(context.plain), "sh", [
    "-c",
    `exec "$0" "$@" 2> '${pipe}'`,
    process.execPath,
  ]);
  expect(await saidBy(child)).toBe("went on and ended with 0");
  expect(readSync(reader, Buffer.alloc(10))).toBe(10);
});

test.each(forms)("a reader that went away ends nothing (plain: $plain)", async (form) => {
  const child = start(logging(form.plain));
  child.stderr!.destroy();
  expect(await saidBy(child)).toBe("went on and ended with 0");
});

test("the last lines before an end come out", async () => {
  const code = `
    import { hostLog } from "${LOG}";
    hostLog("meter", { plain: true, level: "info" }).error("the end", { why: "test" });
    process.exit(1);`;
  const child = start(code);
  let said = "";
  child.stderr!.on("data", (text) => {
    said += text;
  });
  await once(child, "close");
  expect(said).toBe('ERROR meter: the end why="test"\n');
});

test("what a slow reader leaves is bounded and counted, and its order is kept", async () => {
  let room = 0;
  const written: string[] = [];
  const dropped: number[] = [];
  const sink = new LineSink({
    write(bytes) {
      if (room === 0) throw Object.assign(new Error("full"), { code: "EAGAIN" });
      const count = Math.min(room, bytes.length);
      room -= count;
      written.push(Buffer.from(bytes.subarray(0, count)).toString());
      return count;
    },
    onDropped: (lines) => dropped.push(lines),
  });
  const line = (number: number) => `${String(number).padStart(1_023)}\n`;
  for (let number = 0; number < 300; number++) sink.write(line(number));
  room = Number.POSITIVE_INFINITY;
  await expect.poll(() => dropped).toEqual([44]);
  expect(written.join("")).toBe(Array.from({ length: 256 }, (_, number) => line(number)).join(""));
});
