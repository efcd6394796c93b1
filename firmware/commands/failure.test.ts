import { afterEach, expect, test, vi } from "vitest";
import { Fault } from "../../runtime/signal/fault.ts";
import { reportFailure } from "./failure.ts";

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

function report(error: unknown): { readonly status: number; readonly words: string } {
  let words = "";
  vi.spyOn(process.stderr, "write").mockImplementation((chunk) => {
    words += String(chunk);
    return true;
  });
  return { status: reportFailure(error), words };
}

test("a fault is told with its remedy and its code", () => {
  const fault = new Fault("PORT_IN_USE", "port 8420 is in use", "Set endpoints.http.port.");
  expect(report(fault)).toEqual({
    status: 1,
    words: "telltale: port 8420 is in use\n  Set endpoints.http.port. [PORT_IN_USE]\n",
  });
});

test("a fault of the machine file is bad input", () => {
  expect(report(new Fault("MACHINE_FILE_INVALID", "a", "b")).status).toBe(2);
});

test("a mistake of ours says so, without a stack trace", () => {
  const { status, words } = report(new TypeError("x is not a function"));
  expect(status).toBe(1);
  expect(words).toContain("this should not happen: x is not a function");
  expect(words).not.toContain("    at ");
});

test("a mistake of ours shows its stack when asked to", () => {
  vi.stubEnv("TELLTALE_DEBUG", "1");
  expect(report(new TypeError("x is not a function")).words).toContain("    at ");
});
