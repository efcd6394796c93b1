import { describe, expect, test } from "vitest";
import { deviceSettings, parseAddress, pointSettings } from "./settings.ts";

describe("the settings of a waveform", () => {
  test("need a source and nothing else", () => {
    expect(deviceSettings.parse({ source: { tcp: "127.0.0.1:8503" } })).toEqual({
      source: { tcp: "127.0.0.1:8503" },
      format: "s16le",
      channels: 1,
      timeout: 5_000,
    });
    expect(pointSettings.parse({})).toEqual({ channel: 0 });
  });

  const refused = [
    { name: "no source", settings: {} },
    { name: "two sources", settings: { source: { file: "a", fifo: "b" } } },
    { name: "an unknown source", settings: { source: { udp: "a:1" } } },
    { name: "an empty command", settings: { source: { command: [] } } },
    { name: "a command that is one text", settings: { source: { command: "cat a" } } },
    { name: "an address without a port", settings: { source: { tcp: "logger" } } },
    { name: "an unknown format", settings: { source: { file: "a" }, format: "u8" } },
    { name: "no channel", settings: { source: { file: "a" }, channels: 0 } },
    { name: "an unknown key", settings: { source: { file: "a" }, rated: 3 } },
  ];
  test.each(refused)("refuse $name", ({ settings }) => {
    expect(deviceSettings.safeParse(settings).success).toBe(false);
  });

  const addresses = [
    { text: "logger.local:8503", address: { host: "logger.local", port: 8_503 } },
    { text: "[fe80::1]:1", address: { host: "fe80::1", port: 1 } },
    { text: "fe80::1:1", address: null },
    { text: "logger:0", address: null },
    { text: "logger:65536", address: null },
    { text: ":80", address: null },
  ];
  test.each(addresses)("read the address $text", ({ text, address }) => {
    expect(parseAddress(text)).toEqual(address);
  });
});
