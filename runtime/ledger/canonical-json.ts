// JSON of which one value has one text: keys in the order of their UTF-16 units, no white space,
// integers without exponent (RFC 8785 for the values that we allow). What is hashed or signed is
// written so, and its bytes are then kept as they are.

/**
 * Strings, safe integers, booleans, and lists and maps of these; an undefined member is left out.
 * @throws TypeError for anything else: a mistake of the program's.
 */
export function canonicalJson(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "boolean") return value ? "true" : "false";
  if (typeof value === "number") {
    // Minus zero would read back as zero and still be another value.
    if (!Number.isSafeInteger(value) || Object.is(value, -0)) {
      throw new TypeError(`${value} is no integer that JSON carries exactly`);
    }
    return String(value);
  }
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (typeof value !== "object" || value === null) {
    throw new TypeError(`${value === null ? "null" : typeof value} has no canonical JSON`);
  }
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`);
  return `{${members.join(",")}}`;
}
