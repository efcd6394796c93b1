import fc from "fast-check";
import { expect, test } from "vitest";
import { DEMO, EVERYTHING, GOOD, parse } from "./test-files.ts";

test("any mutation of a good file gives problems or a machine, and never throws", () => {
  const files = [DEMO, GOOD, EVERYTHING].map((text) => text.split("\n"));
  const line = fc.oneof(
    fc.constantFrom(...files.flat()),
    fc.string({ maxLength: 40 }),
    fc.constantFrom("- a", "? x", "&a *a", "<<: *b", "x: {", "  ]", '"', "'", "|", ">-", "\t", "%"),
  );
  const mutation = fc.record({
    kind: fc.constantFrom("delete", "duplicate", "replace", "cut", "indent"),
    at: fc.nat(200),
    line,
  });
  const mutate = (
    start: readonly string[],
    steps: readonly { kind: string; at: number; line: string }[],
  ) => {
    const lines = [...start];
    for (const step of steps) {
      const at = step.at % lines.length;
      const old = lines[at] ?? "";
      if (step.kind === "delete") lines.splice(at, 1, ...(lines.length > 1 ? [] : [""]));
      else if (step.kind === "duplicate") lines.splice(at, 0, old);
      else if (step.kind === "replace") lines[at] = step.line;
      else if (step.kind === "cut") lines[at] = old.slice(0, old.length >> 1);
      else lines[at] = `  ${old}`;
    }
    return lines.join("\n");
  };
  const property = fc.property(
    fc.constantFrom(...files),
    fc.array(mutation, { minLength: 1, maxLength: 4 }),
    (start, steps) => {
      const result = parse(mutate(start, steps));
      if ("machine" in result) return;
      expect(result.problems.length).toBeGreaterThan(0);
      for (const problem of result.problems) {
        expect(problem.line).toBeGreaterThan(0);
        expect(problem.column).toBeGreaterThan(0);
        expect(problem.message).not.toMatch(/Invalid input|undefined|\[object/);
      }
    },
  );
  fc.assert(property, { seed: 37, numRuns: 500 });
});
