// The life of a lease and its witness from the command line: the commands of docs/leasing.md as a
// reader would paste them, and a witness that is killed and goes on, against a meter and a gateway
// that run.

import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parseCheckpoint, verifyCosignature } from "../../runtime/ledger/checkpoint.ts";
import { parseVerifierKey, type VerifierKey } from "../../runtime/ledger/keys.ts";
import { scratchDirectory } from "../../runtime/testing/scratch-directory.ts";

const MAIN = fileURLToPath(new URL("../main.ts", import.meta.url));
const HTTP_PORT = 18_521;
const WITNESS_PORT = 18_522;
/** The gateway asks a witness that was away again after half a minute. */
const COSIGNED_WITHIN_MS = 90_000;
const scratch = scratchDirectory();
let running: ChildProcess;
let witnessKey: VerifierKey;

interface Outcome {
  readonly status: number;
  readonly out: string;
  readonly error: string;
}

function telltale(...args: readonly string[]): Promise<Outcome> {
  return new Promise((resolve) => {
    const options = { cwd: scratch.path };
    const child = execFile(process.execPath, [MAIN, ...args], options, (_failure, out, error) =>
      resolve({ status: child.exitCode ?? -1, out, error }),
    );
  });
}

/** Starts it and waits until it has said this. */
async function started(args: readonly string[], words: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  const heard = Promise.withResolvers<void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      said += text;
      if (said.includes(words)) heard.resolve();
    });
  }
  child.once("exit", () => heard.reject(new Error(`it ended: ${said}`)));
  await heard.promise;
  return child;
}

async function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  const exit = once(child, "exit");
  child.kill(signal);
  await exit;
}

beforeAll(async () => {
  mkdirSync(scratch.at("bin"));
  const shim = scratch.at("bin", "telltale");
  writeFileSync(shim, `#!/bin/sh\nexec "${process.execPath}" "${MAIN}" "$@"\n`);
  chmodSync(shim, 0o755);
  const { out } = await telltale("key", "new", "witness.pem", "--name", "firm.example/witness");
  const text = /^cosignature key +(.*)$/m.exec(out)![1]!;
  witnessKey = parseVerifierKey(text) as VerifierKey;
  const machine = `telltale: 1
machine: { maker: a, model: b, serialNumber: c }
endpoints: { http: { port: ${HTTP_PORT} } }
ledger:
  witnesses: [{ name: lessee, url: "http://127.0.0.1:${WITNESS_PORT}", key: "${text}" }]
`;
  writeFileSync(scratch.at("machine.yaml"), machine);
  const args = ["run", scratch.at("machine.yaml"), "--data", scratch.at("data")];
  running = await started(args, "the meter is connected");
});

afterAll(async () => {
  await ended(running, "SIGTERM");
  scratch[Symbol.dispose]();
});

/** All commands of a page in one shell that ends at the first failure. */
async function paste(page: string): Promise<{ status: number; said: string }> {
  const text = readFileSync(new URL(`../../docs/${page}`, import.meta.url), "utf8");
  const blocks = [...text.matchAll(/```sh\n(.*?)```/gs)].map(([, block]) => block!);
  expect(blocks.length).toBeGreaterThan(2);
  mkdirSync(scratch.at(page));
  const env = {
    ...process.env,
    PATH: `${scratch.at("bin")}:${process.env["PATH"]}`,
    DATA: scratch.at("data"),
  };
  const child = spawn("bash", ["-c", `set -e\n${blocks.join("\n")}`], {
    cwd: scratch.at(page),
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (part: string) => {
      said += part;
    });
  }
  const [status] = (await once(child, "close")) as [number];
  return { status, said };
}

test("docs/leasing.md leads from delivery over a handover to the return", async () => {
  const { status, said } = await paste("leasing.md");
  expect(status, said).toBe(0);
  const states = [...said.matchAll(/taken as leaf \d+; the lease (\S+) is (\S+)/g)];
  expect(states.map(([, lease, state]) => `${lease} ${state}`)).toEqual([
    "NW-1 delivered",
    "NW-1 accepted",
    "NW-1 on-hire",
    "NW-1 standby",
    "NW-1 on-hire",
    "NW-2 accepted",
    "NW-2 on-hire",
    "NW-2 off-hire",
    "NW-2 returned",
  ]);
  expect(said).toContain("signed     by the lessee, hafenbau.example");
  expect(said.trimEnd().split("\n").at(-1)).toBe("may follow    delivery");
  // What was taken is answered, and does not act again; what was changed is refused.
  // This time over the gateway, which only carries it.
  const url = `ws://127.0.0.1:${HTTP_PORT}/stream`;
  const again = ["instruct", "send", "leasing.md/delivery.json", "--url", url];
  expect(await telltale(...again)).toMatchObject({
    status: 0,
    out: "taken before; the lease NW-2 is returned\n",
  });
  const file = scratch.at("leasing.md", "on-hire.json");
  const jws = JSON.parse(readFileSync(file, "utf8")) as { payload: string };
  const payload = Buffer.from(jws.payload, "base64url").toString().replace('"id":"', '"id":"x');
  const forged = { ...jws, payload: Buffer.from(payload).toString("base64url") };
  writeFileSync(scratch.at("forged.json"), JSON.stringify(forged));
  const refused = await telltale("instruct", "send", "forged.json", "--data", "data");
  expect(refused).toMatchObject({ status: 1, error: expect.stringContaining("(bad-signature)") });
});

test("a witness cosigns over the network, survives SIGKILL, and goes on by files", async () => {
  const lease = JSON.parse((await telltale("lease", "--data", "data", "--json")).out) as {
    key: string;
  };
  const holder = ["--key", scratch.at("witness.pem"), "--device", lease.key];
  const memory = ["--data", scratch.at("memory")];
  const listen = ["--listen", `127.0.0.1:${WITNESS_PORT}`];
  const runIt = () => started(["witness", "run", ...holder, ...memory, ...listen], "watches");
  let witness = await runIt();
  const before = await cosignedSize();
  await ended(witness, "SIGKILL");
  const shown = await telltale("witness", "show", ...memory);
  expect(shown.status, shown.error).toBe(0);
  expect(parseCheckpoint(shown.out)).toMatchObject({ size: before });
  expect(verifyCosignature(shown.out, witnessKey)).not.toBeNull();

  witness = await runIt();
  const second = await telltale("witness", "run", ...holder, ...memory, "--listen", "127.0.0.1:0");
  expect(second).toMatchObject({ status: 1, error: expect.stringContaining("another witness") });
  await ended(witness, "SIGTERM");

  const request = ["witness", "request", "--data", "data"];
  await telltale(...request, "--out", "from-nothing");
  const wrong = await telltale("witness", "cosign", "from-nothing", ...holder, ...memory);
  expect(wrong).toMatchObject({ status: 1, error: expect.stringContaining(`--old ${before}`) });
  await telltale(...request, "--old", String(before), "--out", "request");
  const out = ["--out", "cosigned"];
  const right = await telltale("witness", "cosign", "request", ...holder, ...memory, ...out);
  expect(right.status, right.error).toBe(0);
  expect(await telltale("witness", "return", "cosigned", "--data", "data")).toMatchObject({
    status: 0,
    out: "the meter has the cosignature\n",
  });
});

/** What the gateway says that the witness has, once it has. */
async function cosignedSize(): Promise<number> {
  const deadline = performance.now() + COSIGNED_WITHIN_MS;
  while (performance.now() < deadline) {
    const answer = await fetch(`http://127.0.0.1:${HTTP_PORT}/status.json`);
    const { witnesses } = (await answer.json()) as {
      witnesses: readonly { size: number | null }[];
    };
    const { size } = witnesses[0]!;
    if (size !== null) return size;
    await sleep(500);
  }
  throw new Error("the gateway has not brought a checkpoint to the witness");
}
