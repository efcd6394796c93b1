// Another verifier, written from docs/ledger.md in another language: it has to agree about hashes,
// the chain, the roots at every size and the device's signatures.

import { spawnSync } from "node:child_process";
import { expect, type TestContext, test } from "vitest";
import { statementBytes, statementOf } from "../testing/ledger-forgery.ts";
import { livedLife } from "../testing/lived-life.ts";
import { requires, requiresPython } from "../testing/requires.ts";
import { scratchDirectory } from "../testing/scratch-directory.ts";

const TIMEOUT_MS = 20_000;

const PEER = `
import base64, hashlib, json, os, subprocess, sys, tempfile
sha = lambda data: hashlib.sha256(data).digest()
leaf_hash = lambda text: sha(b"\\x00" + text.encode())
unb64 = base64.b64decode
raw = sys.stdin.buffer.read()
st = json.loads(raw)
canonical = json.dumps(st, sort_keys=True, separators=(",", ":"), ensure_ascii=False) + "\\n"
assert canonical.encode() == raw, "canonical"

def fold(peaks):
    root = peaks[-1]
    for peak in reversed(peaks[:-1]):
        root = sha(b"\\x01" + peak + root)
    return root

# A stack of complete subtrees: (leaves, hash).
size = st["opening"]["index"]
widths = [1 << bit for bit in range(size.bit_length() - 1, -1, -1) if size >> bit & 1]
stack = list(zip(widths, map(unb64, st["frontier"]), strict=True))
roots = {}
for text in st["leaves"]:
    stack.append((1, leaf_hash(text)))
    while len(stack) > 1 and stack[-1][0] == stack[-2][0]:
        (width, right), (_, left) = stack.pop(), stack.pop()
        stack.append((2 * width, sha(b"\\x01" + left + right)))
    size += 1
    roots[size] = fold([peak for _, peak in stack])

for before, text in zip(st["leaves"], st["leaves"][1:]):
    assert json.loads(text)["prev"] == base64.b64encode(leaf_hash(before)).decode(), "prev"

name, key_id, key = st["key"].split("+", 2)
key = unb64(key)
assert key[0] == 1 and sha(name.encode() + b"\\n" + key)[:4].hex() == key_id, "key"

def signed(text, signature):
    with tempfile.TemporaryDirectory() as folder:
        def put(file, data):
            path = os.path.join(folder, file)
            with open(path, "wb") as to:
                to.write(data)
            return path
        der = bytes.fromhex("302a300506032b6570032100") + key[1:]
        return subprocess.run(["openssl", "pkeyutl", "-verify", "-pubin", "-keyform", "DER",
            "-inkey", put("key", der), "-rawin", "-in", put("text", text),
            "-sigfile", put("signature", signature)], capture_output=True).returncode == 0

heads = [st["opening"]["checkpoint"], *st["checkpoints"], st["closing"]["checkpoint"]]
for note in heads:
    text, lines = note.rsplit("\\n\\n", 1)
    origin, leaves, root = text.split("\\n")
    assert origin == st["origin"] and roots[int(leaves)] == unb64(root), "root"
    mine = [line.split(" ")[2] for line in lines.splitlines() if line.startswith("— " + name + " ")]
    assert len(mine) == 1 and signed((text + "\\n").encode(), unb64(mine[0])[4:]), "signature"
print(len(st["leaves"]), len(heads), roots[size].hex())
`;

function peer(context: TestContext, bytes: Uint8Array) {
  const python = requiresPython(context, "hashlib");
  requires(context, "openssl");
  using scratch = scratchDirectory();
  const { status, stdout, stderr } = spawnSync(python, ["-c", PEER], {
    input: bytes,
    encoding: "utf8",
    timeout: TIMEOUT_MS,
    cwd: scratch.path,
  });
  return { status, stdout, stderr };
}

const { life, period } = livedLife();
const statement = statementOf(life, period.from, period.to);

test("a verifier in Python agrees about every hash and signature", (context) => {
  const { status, stdout, stderr } = peer(context, statementBytes(statement));
  const size = statement.opening.index + statement.leaves.length;
  const body = life.segment.checkpoints.find((one) => one.size === size)!.note.split("\n");
  const root = Buffer.from(body[2]!, "base64").toString("hex");
  const heads = statement.checkpoints.length + 2;
  expect([status, stderr]).toEqual([0, ""]);
  expect(stdout).toBe(`${statement.leaves.length} ${heads} ${root}\n`);
});

test("and about one that was edited", (context) => {
  const leaves = statement.leaves.with(3, statement.leaves[3]!.replace('"v":1', '"v":2'));
  const { status, stderr } = peer(context, statementBytes({ ...statement, leaves }));
  expect([status, stderr]).toEqual([1, expect.stringContaining("AssertionError: prev")]);
});
