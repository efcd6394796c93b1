// What the journal does when its storage thread says that the file went bad under it. The thread is
// played by the test: a real file does not go bad on demand.

import { expect, test, vi } from "vitest";
import { GOOD } from "../signal/quality.ts";
import type { WorkerThread } from "../signal/thread.ts";
import { FakeClock } from "../testing/fake-clock.ts";
import { journalOptions } from "../testing/journal-rig.ts";
import { Journal, JournalCorrupt } from "./journal.ts";
import type { FromWriter, ToWriter } from "./thread-messages.ts";

function playedThread() {
  const told: ToWriter[] = [];
  // The storage thread is spawned first; the reading thread says nothing here.
  let listener: ((message: unknown) => void) | null = null;
  const thread: WorkerThread = {
    postMessage: (message) => void told.push(message as ToWriter),
    onMessage(heard) {
      listener ??= heard;
    },
    onExit() {},
    async end() {},
  };
  return { thread, told, say: (message: FromWriter) => listener?.(message) };
}

test("a file that goes bad is a failure, and the batch is not tried again", async () => {
  const { thread, told, say } = playedThread();
  const clock = new FakeClock();
  const onFailure = vi.fn();
  const journal = new Journal(
    journalOptions("nowhere", { spawn: () => thread, clock, timers: clock, onFailure }),
  );
  const opening = journal.open();
  say({ t: "opened", epoch: "epoch-1", committed: { oldest: 1, newest: 0, bytes: 0 } });
  await opening;
  journal.sample(0, 1, GOOD, 1);
  clock.advance(1_000);
  const [append] = told;
  if (append?.t !== "append") throw new Error("nothing was appended");
  say({ t: "refused", message: "malformed", corrupt: true, batch: append.batch });
  clock.advance(60_000);
  expect(onFailure).toHaveBeenCalledExactlyOnceWith(expect.any(JournalCorrupt));
  expect(told).toHaveLength(1);
  const closed = journal.close();
  await clock.advanceAsync(10_000);
  await closed;
});

test("a question that is open when the journal closes is answered", async () => {
  const { thread, say } = playedThread();
  const clock = new FakeClock();
  const journal = new Journal(
    journalOptions("nowhere", { spawn: () => thread, clock, timers: clock }),
  );
  const opening = journal.open();
  say({ t: "opened", epoch: "epoch-1", committed: { oldest: 1, newest: 0, bytes: 0 } });
  await opening;
  const answer = expect(journal.page(0, 10, {})).rejects.toThrow("it was closed");
  await journal.close();
  await answer;
});

test("questions are bounded", async () => {
  const { thread, say } = playedThread();
  const journal = new Journal(journalOptions("nowhere", { spawn: () => thread }));
  const opening = journal.open();
  say({ t: "opened", epoch: "epoch-1", committed: { oldest: 1, newest: 0, bytes: 0 } });
  await opening;
  const open = Array.from({ length: 1_000 }, () => journal.page(0, 1, {}));
  await expect(journal.page(0, 1, {})).rejects.toThrow("too many questions");
  const settled = Promise.allSettled(open);
  await journal.close();
  expect((await settled).every(({ status }) => status === "rejected")).toBe(true);
});
