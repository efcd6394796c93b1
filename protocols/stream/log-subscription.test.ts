import { expect, test } from "vitest";
import type { RecordPage } from "../../runtime/journal/record.ts";
import { FakeClock } from "../../runtime/testing/fake-clock.ts";
import { LogSubscription } from "./log-subscription.ts";
import { MemorySource } from "./test-rig.ts";

/** Answers in the same turn of the loop, as the gateway's live tail does. */
class ImmediateSource extends MemorySource {
  override async page(position: number): Promise<RecordPage> {
    const texts = this.records.filter(({ seq }) => seq > position).map(({ text }) => text);
    return { from: position + 1, to: Math.max(position, this.newest), records: texts };
  }
}

test("a commit at any moment of the work on an earlier one is not overslept", async () => {
  for (let pauses = 0; pauses < 40; pauses++) {
    const source = new ImmediateSource(new FakeClock());
    const texts: string[] = [];
    const sink = {
      congested: false,
      send: () => undefined,
      sendText: (text: string) => texts.push(text),
      fail: (error: unknown) => expect.fail(String(error)),
    };
    const request = { sub: "a", from: "oldest", filter: {}, window: 10 } as const;
    const subscription = new LogSubscription(request, source, sink, source.clock);
    subscription.pump();
    for (let pause = 0; pause < pauses; pause++) await Promise.resolve();
    source.append(1);
    subscription.pump();
    await new Promise((resolve) => setImmediate(resolve));
    expect(texts, `after ${pauses} pauses`).toHaveLength(1);
  }
});
