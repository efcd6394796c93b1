#!/usr/bin/env node
// The command as npm links it. The program is TypeScript, which Node 24 runs as it is; whatever
// Node finds this file first, the program gets the Node 24 that the set-up has put beside it. Plain
// JavaScript without packages, so that any Node from 18 on reads it.

import { spawn } from "node:child_process";
import { constants } from "node:os";
import { fileURLToPath } from "node:url";

const NODE_MAJOR = 24;
const MAIN = fileURLToPath(new URL("./main.ts", import.meta.url));
const NODE_24 = fileURLToPath(
  new URL(`../node_modules/node-linux-${process.arch}/bin/node`, import.meta.url),
);

function runElsewhere() {
  const child = spawn(NODE_24, [MAIN, ...process.argv.slice(2)], { stdio: "inherit" });
  // Always SIGTERM: a terminal sends Ctrl-C to the child as well, and the same signal twice would
  // end it in the middle of its clean stop.
  const forward = () => void child.kill("SIGTERM");
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"]) process.on(signal, forward);
  child.on("error", (error) => {
    const { node } = process.versions;
    process.stderr.write(
      `telltale: Node ${node} is too old, and Node ${NODE_MAJOR} does not start ` +
        `(${error.message})\n  Run \`npm run setup\` in the checkout.\n`,
    );
    process.exitCode = 1;
  });
  child.on("exit", (status, signal) => {
    process.exitCode = status ?? 128 + constants.signals[signal];
  });
}

if (Number.parseInt(process.versions.node, 10) < NODE_MAJOR) {
  runElsewhere();
} else {
  // Here, without a process between: the program starts its own processes from this path.
  process.argv[1] = MAIN;
  await import("./main.ts");
}
