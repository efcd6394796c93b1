// Asks SciPy for the figures that our own signal processing is compared with.

import { execFileSync } from "node:child_process";

const PEER_TIMEOUT_MS = 15_000;

/**
 * Runs a few lines of Python that read `given` and set `answer`, both plain data; `np` and `signal`
 * (scipy.signal) are there. The text comes from the test, never from outside.
 */
export function askScipy(python: string, given: unknown, lines: string): unknown {
  const program = `import json, sys
import numpy as np
from scipy import signal
given = json.load(sys.stdin)
${lines}
def plain(value):
    return value.tolist() if hasattr(value, "tolist") else value
json.dump(answer, sys.stdout, default=plain)
`;
  const answer = execFileSync(python, ["-c", program], {
    input: JSON.stringify(given),
    encoding: "utf8",
    timeout: PEER_TIMEOUT_MS,
    maxBuffer: 2 ** 26,
  });
  return JSON.parse(answer);
}
