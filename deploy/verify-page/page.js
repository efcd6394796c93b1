// The page that checks a statement: files come in by dropping or choosing, the work is done by a
// worker made of the text that stands in the page itself, and its answer is shown. Nothing is
// fetched: the page has no permission to.

/** As runtime/ledger/statement.ts has it, and a byte: more is not even read. */
const STATEMENT_BYTES_MAX = 64 * 1024 * 1024 + 1;
/** A contract or a tree head has a small part of it. */
const SIDE_BYTES_MAX = 1024 * 1024;

/** @typedef {"statement" | "contract" | "kept"} Role */

/** @type {Record<Role, File | null>} */
const files = { statement: null, contract: null, kept: null };

/**
 * @param {string} id
 * @returns {HTMLElement}
 */
function byId(id) {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`the page has no #${id}`);
  return found;
}

const code = byId("worker-code").textContent ?? "";
const codeUrl = URL.createObjectURL(new Blob([code], { type: "text/javascript" }));
const keyInput = /** @type {HTMLInputElement} */ (byId("key"));
const progress = /** @type {HTMLProgressElement} */ (byId("progress"));
/** @type {Worker | null} */
let worker = null;
/** Counts the checks: an answer to an earlier one comes too late. */
let round = 0;

/** Which of the three a dropped file is, by how it begins. */
async function roleOf(/** @type {File} */ file) {
  const beginning = await file.slice(0, 4_096).text();
  if (beginning.startsWith("telltale/usage/")) return "kept";
  if (/^\s*(#.*\s+)*["']?contract["']?\s*:/.test(beginning)) return "contract";
  return /^\s*\{\s*"contract"/.test(beginning) && file.name.endsWith(".yaml")
    ? "contract"
    : "statement";
}

/**
 * @param {Role} role
 * @param {File} file
 */
function take(role, file) {
  files[role] = file;
  byId(`${role}-name`).textContent = file.name;
}

/** @param {string} text */
function say(text) {
  const told = document.createElement("p");
  told.className = "notice bad";
  told.textContent = text;
  byId("result").replaceChildren(told);
}

async function check() {
  const { statement, contract, kept } = files;
  if (statement === null) return;
  round += 1;
  const own = round;
  worker?.terminate();
  worker = null;
  byId("result").replaceChildren();
  byId("working").hidden = false;
  progress.removeAttribute("value");
  try {
    const asked = {
      file: statement.name,
      statement: await statement.slice(0, STATEMENT_BYTES_MAX).arrayBuffer(),
      contract: contract ? await contract.slice(0, SIDE_BYTES_MAX).text() : null,
      witnessed: kept ? await kept.slice(0, SIDE_BYTES_MAX).text() : null,
      key: keyInput.value.trim() === "" ? null : keyInput.value.trim(),
    };
    if (own === round) ask(asked);
  } catch (error) {
    if (own !== round) return;
    byId("working").hidden = true;
    say(`The file cannot be read: ${String(error)}`);
  }
}

/** @param {{ readonly statement: ArrayBuffer }} asked */
function ask(asked) {
  const own = round;
  worker = new Worker(codeUrl);
  worker.onmessage = ({ data }) => {
    if (own !== round) return;
    if (data.share !== undefined) {
      progress.value = data.share;
      return;
    }
    byId("working").hidden = true;
    // The worker makes markup with escapes around everything that stands in a file.
    byId("result").innerHTML = data.markup;
    document.title = data.title;
  };
  worker.onerror = (event) => {
    if (own !== round) return;
    byId("working").hidden = true;
    say(`This should not happen: ${event.message}. The file was not checked.`);
  };
  worker.postMessage(asked, [asked.statement]);
}

for (const role of /** @type {const} */ (["statement", "contract", "kept"])) {
  byId(`${role}-file`).addEventListener("change", (event) => {
    const file = /** @type {HTMLInputElement} */ (event.target).files?.[0];
    if (!file) return;
    take(role, file);
    check();
  });
}
keyInput.addEventListener("change", check);
byId("inputs").addEventListener("submit", (event) => {
  event.preventDefault();
  check();
});
document.addEventListener("dragover", (event) => {
  event.preventDefault();
  document.body.classList.add("dragging");
});
document.addEventListener("dragleave", () => document.body.classList.remove("dragging"));
document.addEventListener("drop", async (event) => {
  event.preventDefault();
  document.body.classList.remove("dragging");
  for (const file of event.dataTransfer?.files ?? []) take(await roleOf(file), file);
  check();
});
