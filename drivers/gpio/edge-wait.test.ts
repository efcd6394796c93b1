// The wait for edges, with this machine's own `poll` on named pipes.

import { execFileSync } from "node:child_process";
import { constants } from "node:fs";
import { expect, test } from "vitest";
import { requires } from "../../runtime/testing/requires.ts";
import { scratchDirectory } from "../../runtime/testing/scratch-directory.ts";
import { loadLibc, POLL, SystemError } from "../shared/libc.ts";
import { EdgeWait, type Waiter } from "./edge-wait.ts";

test("each line is told of its own edges, also one that comes later", async (context) => {
  const mkfifo = requires(context, "mkfifo");
  using scratch = scratchDirectory();
  const libc = await loadLibc();
  const wait = new EdgeWait(libc);
  const told: string[] = [];
  let wake = () => {};
  const addPipe = (name: string): { readonly waiter: Waiter; readonly descriptor: number } => {
    execFileSync(mkfifo, [scratch.at(name)]);
    const descriptor = libc.open(scratch.at(name), constants.O_RDWR | constants.O_NONBLOCK);
    const waiter: Waiter = {
      descriptor,
      events: POLL.in,
      ready(events) {
        expect(events).toBe(POLL.in);
        libc.read(descriptor, Buffer.alloc(16));
        told.push(name);
        wake();
      },
      failed: (error) => told.push(String(error)),
    };
    wait.add(waiter);
    return { waiter, descriptor };
  };
  const next = () => new Promise<void>((resolve) => (wake = resolve));

  const one = addPipe("one");
  const other = addPipe("other");
  for (const pipe of [one, other, one]) {
    const woken = next();
    libc.write(pipe.descriptor, Buffer.from("edge"));
    await woken;
  }
  expect(told).toEqual(["one", "other", "one"]);

  // Once it is removed its descriptor may be closed, and what comes is no longer told.
  await wait.remove(one.waiter);
  libc.write(one.descriptor, Buffer.from("edge"));
  const woken = next();
  libc.write(other.descriptor, Buffer.from("edge"));
  await woken;
  expect(told).toEqual(["one", "other", "one", "other"]);
  await wait.remove(other.waiter);
  for (const { descriptor } of [one, other]) libc.close(descriptor);
});

test("a wait that fails is told to every line once, and another can be begun", async () => {
  let polls = 0;
  const wait = new EdgeWait({
    poll: async () => {
      polls++;
      throw new SystemError("poll", 12);
    },
  });
  const failures: string[] = [];
  const waiter = (descriptor: number): Waiter => ({
    descriptor,
    events: POLL.in,
    ready: () => {},
    failed: (error) => failures.push((error as SystemError).code),
  });
  const one = waiter(1);
  wait.add(one);
  wait.add(waiter(2));
  await wait.remove(waiter(3));
  await new Promise((resolve) => setImmediate(resolve));
  expect(failures).toEqual(["ENOMEM", "ENOMEM"]);
  expect(polls).toBe(2);
});
