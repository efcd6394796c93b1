// Which machine file is in force and what is wrong with the one that was asked for; and where else
// this machine can be read.

import { byId, element, setText } from "./dom.js";
import { age, grouped, shortened } from "./format.js";

/** @import { ConfigurationStatus, Hello, MeterState } from "../../stream/frames.ts" */
/** @import { PanelStatus } from "../panel-status.ts" */

const PROBLEMS_SHOWN_MAX = 50;

/** @type {Readonly<Record<ConfigurationStatus["inForce"], string>>} */
const IN_FORCE_WORDS = {
  given: "The file is in force all the same.",
  "last-good": "The last good machine file stays in force, and the hours are counted by it.",
  none: "There is no earlier good one, so nothing is read and no hour is counted.",
};

let shownProblems = "";

/** @param {ConfigurationStatus | null} configuration */
export function showProblems(configuration) {
  const problems = configuration?.problems ?? [];
  const box = byId("problems");
  const fingerprint = JSON.stringify(configuration);
  if (fingerprint === shownProblems) return;
  shownProblems = fingerprint;
  box.hidden = problems.length === 0;
  if (!configuration || problems.length === 0) return;
  const count = problems.length === 1 ? "a problem" : `${grouped(problems.length)} problems`;
  setText(byId("problems-title"), `The machine file has ${count}`);
  setText(
    byId("problems-text"),
    `${configuration.file}: ${IN_FORCE_WORDS[configuration.inForce] ?? ""}`,
  );
  const lines = problems
    .slice(0, PROBLEMS_SHOWN_MAX)
    .map((problem) => element("li", {}, shortened(problem)));
  const rest = problems.length - lines.length;
  if (rest > 0) lines.push(element("li", {}, `and ${grouped(rest)} more`));
  byId("problems-list").replaceChildren(...lines);
}

let shownPlaces = "";

/**
 * @param {PanelStatus | null} status
 * @param {Hello | null} hello
 * @param {MeterState | null} state
 * @param {string} streamUrl The stream as this browser reaches it.
 */
export function showPlaces(status, hello, state, streamUrl) {
  const configuration = state?.configuration ?? status?.configuration;
  const journal = state?.journal;
  /** @type {[string, string, boolean][]} */
  const places = [["Stream", streamUrl, true]];
  if (status && status.endpoints.stream !== streamUrl) {
    places.push(["Stream, on the controller", status.endpoints.stream, true]);
  }
  if (status)
    places.push([
      "OPC UA",
      status.endpoints.opcua ?? "switched off in the machine file",
      status.endpoints.opcua !== null,
    ]);
  if (hello) places.push(["Controller", hello.controller, true]);
  if (configuration) {
    const inForce = {
      given: "in force",
      "last-good": "not in force; the last good one is",
      none: "not in force",
    };
    places.push([
      "Machine file",
      `${configuration.file} (${inForce[configuration.inForce]})`,
      false,
    ]);
  }
  if (journal) {
    const dropped = journal.droppedRows === 0 ? "" : `, ${grouped(journal.droppedRows)} dropped`;
    const size = (journal.bytes / 1_048_576).toFixed(1);
    places.push([
      "Journal",
      `records ${grouped(journal.oldest)} to ${grouped(journal.newest)}, ${size} MiB${dropped}`,
      false,
    ]);
  }
  for (const witness of status?.witnesses ?? []) {
    places.push([`Witness ${witness.name}`, witnessWords(witness), false]);
  }
  const fingerprint = JSON.stringify(places);
  if (fingerprint === shownPlaces) return;
  shownPlaces = fingerprint;
  byId("place-rows").replaceChildren(
    ...places.flatMap(([name, text, copyable]) => [
      element("dt", {}, name),
      copyable ? copyableText(name, text) : element("dd", { class: "numeric" }, text),
    ]),
  );
}

/** @param {PanelStatus["witnesses"][number]} witness */
function witnessWords({ lastCosignedAge, size, trouble }) {
  const last =
    lastCosignedAge === null || size === null
      ? "has not cosigned since the gateway began"
      : `cosigned ${grouped(size)} leaves ${age(lastCosignedAge)} ago`;
  return trouble === null ? last : `${last}; ${trouble.kind}: ${shortened(trouble.message)}`;
}

/**
 * @param {string} name
 * @param {string} text
 */
function copyableText(name, text) {
  const code = element("code", {}, text);
  const button = element("button", { type: "button", "aria-label": `Copy ${name}` }, "Copy");
  button.addEventListener("click", () => copy(code, button));
  return element("dd", {}, code, button);
}

/**
 * A page that came over plain HTTP from another host has no clipboard; the text is then selected.
 * @param {HTMLElement} code
 * @param {HTMLButtonElement} button
 */
async function copy(code, button) {
  getSelection()?.selectAllChildren(code);
  let done = false;
  if (navigator.clipboard) {
    done = await navigator.clipboard.writeText(code.textContent ?? "").then(
      () => true,
      () => false,
    );
  }
  setText(button, done ? "Copied" : "Selected");
  setTimeout(() => setText(button, "Copy"), 1_500);
}
