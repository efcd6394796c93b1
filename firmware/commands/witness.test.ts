import { writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DEVICE_KEY, TestLog } from "../../protocols/witness/test-rig.ts";
import { parseCheckpoint, verifyCosignature } from "../../runtime/ledger/checkpoint.ts";
import { parseVerifierKey, type VerifierKey } from "../../runtime/ledger/keys.ts";
import { scratchDirectory } from "../../runtime/testing/scratch-directory.ts";
import { registerKey } from "./key.ts";
import { type CommandOutcome, runCommand } from "./test-rig.ts";
import { registerWitness } from "./witness.ts";

const scratch = scratchDirectory();
afterAll(() => scratch[Symbol.dispose]());

function telltale(...args: readonly string[]): Promise<CommandOutcome> {
  return runCommand([registerWitness, registerKey], args);
}

let witnessKey: VerifierKey;
beforeAll(async () => {
  const { out } = await telltale(
    "key",
    "new",
    scratch.at("witness.pem"),
    "--name",
    "firm.example/witness",
  );
  witnessKey = parseVerifierKey(/^cosignature key +(.*)$/m.exec(out)![1]!) as VerifierKey;
  await telltale(
    "key",
    "new",
    scratch.at("p256.pem"),
    "--name",
    "p256.example",
    "--algorithm",
    "p256",
  );
});

const holder = (...more: readonly string[]) => ["--key", scratch.at("witness.pem"), ...more];
const pinned = holder("--device", DEVICE_KEY.text);

test("requests that came as files are cosigned, forks refused and shown", async () => {
  const memory = ["--data", scratch.at("memory")];
  const cosign = (file: string) =>
    telltale("witness", "cosign", scratch.at(file), ...pinned, ...memory);
  const log = new TestLog().append(7);
  writeFileSync(scratch.at("first"), log.request(0));
  const first = await cosign("first");
  expect(first.status, first.error).toBe(0);
  expect(verifyCosignature(first.out, witnessKey)).not.toBeNull();
  const shown = await telltale("witness", "show", ...memory);
  expect(shown).toMatchObject({ status: 0, out: first.out, error: "" });

  writeFileSync(scratch.at("fork"), log.fork(6).append(1, "other").request(7));
  const fork = await cosign("fork");
  expect(fork).toMatchObject({
    status: 1,
    out: "",
    error: expect.stringContaining("another tree"),
  });
  const accused = await telltale("witness", "show", ...memory);
  expect(accused).toMatchObject({ status: 1, error: expect.stringContaining("FORK") });
  expect(parseCheckpoint(accused.out)).toMatchObject({ size: 7 });
  const json = await telltale("witness", "show", ...memory, "--json");
  expect(JSON.parse(json.out)).toMatchObject([{ size: 7, forks: [{ kind: "fork" }] }]);
});

describe("bad input", () => {
  writeFileSync(scratch.at("keys"), `# the fleet\n${DEVICE_KEY.text}  # one\nnonsense\n`);
  test.each([
    ["no device", holder(), "no controller is named"],
    ["a device that is no key", holder("--device", "abc"), "no verifier key"],
    ["a file in which one is no key", holder("--devices", scratch.at("keys")), "nonsense"],
    ["no such file of keys", holder("--devices", scratch.at("none")), "there is no such file"],
    [
      "a key that is P-256",
      ["--key", scratch.at("p256.pem"), "--device", DEVICE_KEY.text],
      "Ed25519",
    ],
    [
      "no such key",
      ["--key", scratch.at("none.pem"), "--device", DEVICE_KEY.text],
      "there is no such file",
    ],
    ["an address without a port", [...pinned, "--listen", "localhost"], "--listen localhost"],
    ["a port that is none", [...pinned, "--listen", "localhost:70000"], "not an address"],
  ])("%s", async (name, args, complaint) => {
    const data = ["--data", scratch.at(`bad-${name.replaceAll(" ", "-")}`)];
    const { status, out, error } = await telltale("witness", "run", ...args, ...data);
    expect({ status, out }, error).toEqual({ status: 2, out: "" });
    expect(error).toContain(complaint);
    expect(error).not.toContain("    at ");
  });

  test("a directory in which no witness ever was", async () => {
    const { status, error } = await telltale("witness", "show", "--data", scratch.at("never"));
    expect({ status, error }).toMatchObject({ status: 2, error: expect.stringContaining("never") });
  });
});
