// The documents of ISO/TS 15143-3 as XML and as JSON, of one tree.

import { XMLBuilder } from "fast-xml-parser";
import type { Tree } from "./equipment.ts";

/** The namespace and version of the 2020 edition. */
const NAMESPACE = "http://www.jcmanet.or.jp/english2017/ISO/15143/-3/20190501";
export const VERSION = "20190501";

export type Format = "xml" | "json";

export const MEDIA_TYPES: Readonly<Record<Format, string>> = {
  xml: "application/xml; charset=utf-8",
  json: "application/json; charset=utf-8",
};

const builder = new XMLBuilder({
  attributeNamePrefix: "@",
  ignoreAttributes: false,
  format: true,
  indentBy: "  ",
});

/** Characters that XML 1.0 has no way to say, not even as a reference. */
const NOT_XML = /(?![\t\n\r])\p{Cc}|[\uFFFE\uFFFF]|\p{Cs}/gu;

/** A document whose root has this name. In JSON the root is the object itself, as servers do it. */
export function documentText(root: string, tree: Tree, format: Format): string {
  if (format === "json") return `${JSON.stringify(jsonOf(tree), null, 2)}\n`;
  return xmlText({ [root]: { "@xmlns": NAMESPACE, ...(cleaned(tree) as Tree) } });
}

/** Why there is no document. The standard has no words for it, so it is in no namespace. */
export function errorText(status: number, message: string, format: Format): string {
  const words = { Status: String(status), Message: message };
  return format === "json" ? `${JSON.stringify(words, null, 2)}\n` : xmlText({ Error: words });
}

function xmlText(document: Tree): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n${builder.build(document)}`;
}

function cleaned(value: Tree[string]): Tree[string] {
  if (typeof value === "string") return value.replace(NOT_XML, "\uFFFD");
  if (Array.isArray(value)) return value.map((each) => cleaned(each) as Tree);
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name, cleaned(member)]),
  ) as Tree;
}

/** Members that are numbers in JSON; fifteen digits survive it, which is 10^8 hours. */
const NUMBERS: ReadonlySet<string> = new Set(["Hour", "Count"]);

function jsonOf(value: Tree[string], name = ""): unknown {
  if (Array.isArray(value)) return value.map((each) => jsonOf(each));
  if (typeof value === "object") {
    const members = Object.entries(value);
    return Object.fromEntries(
      members.map(([key, member]) => [key.replace(/^@/, ""), jsonOf(member, key)]),
    );
  }
  if (NUMBERS.has(name)) return Number(value);
  return name === "Running" ? value === "true" : value;
}
