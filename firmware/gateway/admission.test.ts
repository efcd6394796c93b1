import type { IncomingMessage } from "node:http";
import { expect, test } from "vitest";
import { admission } from "./admission.ts";

const asked = (remoteAddress: string | undefined, headers: object = {}) =>
  admission(["panel.example"])({
    headers: { host: "panel.example:8420", ...headers },
    socket: { remoteAddress },
  } as IncomingMessage);

test.each([
  ["127.0.0.1", true],
  ["127.8.9.10", true],
  ["::1", true],
  ["::ffff:127.0.0.1", true],
  ["192.0.2.7", false],
  ["::ffff:192.0.2.7", false],
  ["2001:db8::127.0.0.1", false],
  ["127.0.0.1.example", false],
  [undefined, false],
])("who comes from %s may bring commands: %s", (address, may) => {
  const rights = ["read", "acknowledge", ...(may ? ["instruct"] : [])];
  expect(asked(address)).toEqual({ rights });
});

test("a page of another site is not admitted, wherever its browser runs", () => {
  expect(asked("127.0.0.1", { origin: "https://elsewhere.example" })).toMatchObject({
    status: 403,
  });
  expect(asked("127.0.0.1", { host: "elsewhere.example" })).toMatchObject({ status: 403 });
});
