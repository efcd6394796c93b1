// `npm run bench [-- NAME...] [--json]`: runs the benchmarks and prints each line as it is
// measured. Exit status 0 when everything that could run did (met or not), 1 when a benchmark
// broke, 2 for a name that is none. With `--json` standard output holds the array alone; progress
// goes to the other.

import { parseArgs } from "node:util";
import type { Measurement } from "./harness.ts";
import { BENCHMARKS } from "./registry.ts";
import { header, jsonOf, rowOf } from "./table.ts";

async function main(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: { json: { type: "boolean", default: false } },
    allowPositionals: true,
  });
  const names = positionals.length > 0 ? positionals : Object.keys(BENCHMARKS);
  const unknown = names.filter((name) => !Object.hasOwn(BENCHMARKS, name));
  if (unknown.length > 0) {
    console.error(`There is no benchmark ${unknown.join(", ")}; there are:`);
    for (const load of Object.values(BENCHMARKS)) {
      const { name, summary } = await load();
      console.error(`  ${name.padEnd(12)} ${summary}`);
    }
    return 2;
  }
  // Progress is for people: beside JSON it goes to the error output.
  const tell = values.json ? console.error : console.log;
  const measured: Measurement[] = [];
  let broken = 0;
  tell(header());
  for (const name of names) {
    try {
      const benchmark = await BENCHMARKS[name]!();
      for await (const measurement of benchmark.lines()) {
        measured.push(measurement);
        tell(rowOf(measurement));
      }
    } catch (error) {
      broken += 1;
      console.error(`${name} broke:`, error);
    }
  }
  if (values.json) console.log(JSON.stringify(measured.map(jsonOf), null, 2));
  return broken > 0 ? 1 : 0;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  // Only the options can be wrong here; what a benchmark throws is caught where it runs.
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 2;
}
