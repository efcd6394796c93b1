import { expect, test } from "vitest";
import { requires, requiresPython, requiresShared } from "./requires.ts";

function contextThatThrows() {
  return {
    skip(note?: string): never {
      throw new Error(`skipped: ${note}`);
    },
  };
}

test("a program that is there is given with its path", () => {
  expect(requires(contextThatThrows(), "sh")).toMatch(/\/sh$/);
});

test("a program that is absent skips the test and is named", () => {
  expect(() => requires(contextThatThrows(), "no-such-program")).toThrow(
    "skipped: no-such-program is not installed",
  );
});

test("a Python module that is absent skips the test and is named", () => {
  expect(() => requiresPython(contextThatThrows(), "sys", "no_such_module")).toThrow(
    "skipped: no python3 with sys, no_such_module is installed",
  );
});

test("a Python with the modules is found where there is a Python", (ctx) => {
  requires(ctx, "python3");
  expect(requiresPython(ctx, "sys", "os")).toMatch(/python3/);
});

test("a recording that is absent skips the test and is named from the repository's root", () => {
  expect(() => requiresShared(contextThatThrows(), "no-such-data")).toThrow(
    "skipped: ../shared/no-such-data is not here",
  );
});
