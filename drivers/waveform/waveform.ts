import { schema } from "../../runtime/schema/schema.ts";
import { defineDriver } from "../driver.ts";
export const waveformDriver = defineDriver({
  name: "waveform",
  summary: "x",
  bus: schema.strictObject({}),
  device: schema.strictObject({
    source: schema.unknown(),
    format: schema.string(),
    channels: schema.number(),
  }),
  point: schema.strictObject({ channel: schema.number() }),
  create: (c) => ({
    devices: c.devices.map(() => ({ start: async () => {}, write: async () => {} })),
    close: async () => {},
  }),
});
