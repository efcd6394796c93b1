import { expect, test } from "vitest";
import { type AskKind, AskQueue } from "./ask-queue.ts";

/** A meter that answers when it is told to. */
function asking() {
  const queue = new AskQueue();
  const asked: string[] = [];
  const answers: (() => void)[] = [];
  const failures: string[] = [];
  const ask = (kind: AskKind, name: string) =>
    queue
      .ask(kind, () => {
        asked.push(name);
        return new Promise((resolve) => answers.push(() => resolve(name)));
      })
      .catch((error: Error & { code: string }) => failures.push(`${name} ${error.code}`));
  const answerAll = async () => {
    while (answers.length > 0) {
      for (const answer of answers.splice(0)) answer();
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  return { queue, ask, asked, answerAll, failures };
}

test("twelve are open at a time, and every one is answered in the end", async () => {
  const { ask, asked, answerAll } = asking();
  for (let index = 0; index < 50; index++) ask("request", `r${index}`);
  expect(asked).toHaveLength(12);
  await answerAll();
  expect(asked).toHaveLength(50);
});

test("a crowd of requests does not keep a page waiting", async () => {
  const { ask, asked, answerAll } = asking();
  for (let index = 0; index < 500; index++) ask("request", `r${index}`);
  ask("page", "page");
  ask("acknowledgement", "ack");
  await answerAll();
  expect(asked.indexOf("page")).toBeLessThan(16);
  expect(asked.indexOf("ack")).toBeLessThan(16);
});

test("what finds a thousand of its kind waiting is refused, and only that", async () => {
  const { ask, asked, answerAll, failures } = asking();
  for (let index = 0; index <= 1_012; index++) ask("request", `r${index}`);
  ask("page", "page");
  await answerAll();
  expect(failures).toEqual(["r1012 too-many"]);
  expect(asked).toContain("page");
});

test("what waits when the meter goes is rejected, and so is what comes later", async () => {
  const { queue, ask, answerAll, failures } = asking();
  for (let index = 0; index < 13; index++) ask("page", `p${index}`);
  queue.close();
  ask("page", "late");
  await answerAll();
  expect(failures).toEqual(["p12 unavailable", "late unavailable"]);
});
