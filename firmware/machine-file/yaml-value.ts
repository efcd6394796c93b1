// One value as a machine file would have it, read from a cell of a table or a word of the command
// line.

import { parseDocument } from "yaml";

/** Null where the text is no YAML, or leads to an anchor that it does not have. */
export function readYamlValue(text: string): { readonly value: unknown } | null {
  const document = parseDocument(text, { stringKeys: true, logLevel: "error" });
  if (document.errors.length > 0) return null;
  try {
    return { value: document.toJS() };
  } catch (error) {
    // What the library says of an alias: unresolved, or unfolding to more than it allows.
    if (error instanceof ReferenceError) return null;
    throw error;
  }
}
