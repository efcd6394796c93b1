// The files that are served or loaded as they are: in a checkout from their rooms, in the bundle
// from beside the program.

import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { PANEL_FILES, type PanelAsset } from "../../protocols/panel/panel.ts";

const IN_CHECKOUT = import.meta.url.endsWith(".ts");

export function panelAssets(): ReadonlyMap<string, PanelAsset> {
  const directory = IN_CHECKOUT ? "../../protocols/panel/assets/" : "./panel/";
  const base = new URL(directory, import.meta.url);
  return new Map(
    PANEL_FILES.map(({ name, type }) => [name, { type, body: readFileSync(new URL(name, base)) }]),
  );
}

/** Where the bundle keeps the OPC UA nodesets; in a checkout the package brings them. */
export function nodesetDirectory(): { readonly nodesetDirectory?: string } {
  if (IN_CHECKOUT) return {};
  return { nodesetDirectory: fileURLToPath(new URL("./nodesets/", import.meta.url)) };
}

/** The text of each template by its name, in the order of the names. */
export function templateTexts(): ReadonlyMap<string, string> {
  const directory = IN_CHECKOUT ? "../../drivers/modbus/templates/" : "./templates/";
  const base = new URL(directory, import.meta.url);
  const files = readdirSync(base).filter((file) => file.endsWith(".csv"));
  return new Map(
    files.sort().map((file) => [file.slice(0, -4), readFileSync(new URL(file, base), "utf8")]),
  );
}

/** The knowledge file of the product itself. */
export function builtInKnowledgeText(): string {
  const file = IN_CHECKOUT ? "../knowledge/built-in.yaml" : "./knowledge.yaml";
  return readFileSync(new URL(file, import.meta.url), "utf8");
}
