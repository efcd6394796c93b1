import { expect, test } from "vitest";
import { RoundTripWindow } from "./round-trips.ts";

test("there is nothing to say before the first round trip", () => {
  expect(new RoundTripWindow().summary()).toBeNull();
});

test("least, mean and most are of the last hundred", () => {
  const window = new RoundTripWindow();
  window.add(5_000);
  for (let count = 0; count < 99; count++) window.add(10);
  expect(window.summary()).toMatchObject({ minMs: 10, maxMs: 5_000 });
  window.add(20);
  expect(window.summary()).toEqual({ minMs: 10, meanMs: 10.1, maxMs: 20 });
});
