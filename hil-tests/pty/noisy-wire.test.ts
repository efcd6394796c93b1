// The wire with real pseudo-terminals: what is put into one end comes out of the other.

import { existsSync, readlinkSync } from "node:fs";
import { expect, test } from "vitest";
import { until } from "../instance.ts";
import { NoisyWire } from "./noisy-wire.ts";
import { TextPort } from "./text-port.ts";

test("what the host sends reaches every device, and an answer reaches the host", async () => {
  await using wire = await NoisyWire.open({ baudRate: 115_200, seed: 1, devices: 2 });
  using host = new TextPort(wire.port);
  using first = new TextPort(wire.devicePorts[0]!);
  using second = new TextPort(wire.devicePorts[1]!);
  host.write("who is there?\n");
  await until(() => first.text === "who is there?\n" && second.text === first.text, "the question");
  second.write("\r\n\x03\x04");
  await until(() => host.text === "\r\n\x03\x04", "every byte of the answer");
  await until(() => first.text.endsWith("\r\n\x03\x04"), "the other device, which hears it too");
  expect(await wire.stats()).toMatchObject({ requests: 1, answers: 1, dropped: 0 });
  expect((await wire.log()).map(({ from, deed }) => [from, deed])).toEqual([
    [-1, "carried"],
    [1, "carried"],
  ]);
});

test("a dropped answer does not arrive; the one after the noise does", async () => {
  await using wire = await NoisyWire.open({ baudRate: 115_200, seed: 1, noise: { dropped: 1 } });
  using host = new TextPort(wire.port);
  using device = new TextPort(wire.devicePorts[0]!);
  device.write("lost");
  await until(async () => (await wire.stats()).dropped === 1, "the loss");
  await wire.noise({ dropped: 0 });
  host.write("again");
  await until(() => device.text === "again", "the second question");
  device.write("found");
  await until(() => host.text === "found", "the second answer");
});

test("an unplugged end is gone, and comes back under the same name", async () => {
  await using wire = await NoisyWire.open({ baudRate: 115_200, seed: 1 });
  using host = new TextPort(wire.port);
  const file = readlinkSync(wire.port);
  await wire.unplug();
  await host.ended;
  expect([existsSync(wire.port), existsSync(file)]).toEqual([false, false]);
  await wire.plug();
  using again = new TextPort(wire.port);
  using device = new TextPort(wire.devicePorts[0]!);
  device.write("back");
  await until(() => again.text === "back", "the answer through the new port");
});
