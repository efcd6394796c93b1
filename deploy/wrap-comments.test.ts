import { expect, test } from "vitest";
import { wrapComments } from "./wrap-comments.ts";

const words = (count: number) => Array.from({ length: count }, () => "word").join(" ");

test("a comment that is too wide takes the rest of its paragraph along", () => {
  const wide = `  // ${words(20)}\n  // end of it.\n  //\n  // Another paragraph.\n  code();`;
  expect(wrapComments(wide)).toBe(
    `  // ${words(19)}\n  // word end of it.\n  //\n  // Another paragraph.\n  code();`,
  );
});

test("a block on one line becomes one on several", () => {
  expect(wrapComments(`  /** ${words(20)} */`)).toBe(
    `  /**\n   * ${words(19)}\n   * ${words(1)}\n   */`,
  );
});

test("the items of a list stay apart", () => {
  const list = ` * - ${words(20)}\n * - another item`;
  expect(wrapComments(list)).toBe(` * - ${words(19)}\n * ${words(1)}\n * - another item`);
});

test("code, and comments that fit, stay as they are", () => {
  const fits = `const text = "${words(30)}";\n// ${words(5)}\n// ${words(5)}\n`;
  expect(wrapComments(fits)).toBe(fits);
});
