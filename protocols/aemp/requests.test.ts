import { expect, test } from "vitest";
import { formatOf, isAempPath } from "./requests.ts";

test.each([
  [undefined, "xml"],
  ["*/*", "xml"],
  ["application/json", "json"],
  ["application/xml;q=0.5, application/json", "json"],
  ["text/html, application/xhtml+xml, application/xml;q=0.9, */*;q=0.8", "xml"],
  ["application/json;q=0, application/xml;q=0.1", "xml"],
  ["application/json;q=x", null],
  ["text/html", null],
  [",;,q=1;;", null],
])("who accepts %s gets %s", (accept, format) => expect(formatOf(accept)).toBe(format));

test.each([
  ["/Fleet/1", true],
  ["/fleet", true],
  ["/FLEET?x", true],
  ["/fleets", false],
  ["/", false],
  ["/stream", false],
])("%s belongs to the fleet: %s", (path, belongs) => expect(isAempPath(path)).toBe(belongs));
