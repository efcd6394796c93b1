// For tests: one command as `telltale` runs it, in this process, because a process of its own for
// each case takes half a second of a processor. Not for tests that run at the same time.

import { Command } from "commander";
import { reportFailure } from "./failure.ts";

export interface CommandOutcome {
  readonly status: number;
  readonly out: string;
  readonly error: string;
}

export async function runCommand(
  registers: readonly ((program: Command) => void)[],
  args: readonly string[],
): Promise<CommandOutcome> {
  const program = new Command("telltale").exitOverride();
  for (const register of registers) register(program);
  const said = { out: "", error: "" };
  const { stdout, stderr } = process;
  const before = { out: stdout.write, error: stderr.write, exitCode: process.exitCode };
  const into = (name: "out" | "error") =>
    ((text: string) => {
      said[name] += text;
      return true;
    }) as typeof stdout.write;
  stdout.write = into("out");
  stderr.write = into("error");
  process.exitCode = 0;
  try {
    await program.parseAsync([...args], { from: "user" });
    return { status: Number(process.exitCode), ...said };
  } catch (error) {
    const status = reportFailure(error);
    return { status, ...said };
  } finally {
    stdout.write = before.out;
    stderr.write = before.error;
    process.exitCode = before.exitCode;
  }
}
