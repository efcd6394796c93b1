// A sampler for the places on this machine: a TCP server that plays a sine for as long as somebody
// listens, paced by the clock.

import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import type { Binding } from "./local-place.ts";

const RATE_HZ = 8_000;
const TONE_HZ = 50;
/** Full scale of the tone, of 32,767; the scale makes one g of it. */
const PEAK = 16_384;
const PLAY_EVERY_MS = 20;

export const waveformBinding: Binding = {
  provides: ["waveformSource"],
  missing: () => null,
  async open({ cleanup }) {
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket);
      const playing = play(socket);
      // The product goes away when its scenario ends.
      socket.on("error", () => socket.destroy());
      socket.on("close", () => {
        clearInterval(playing);
        sockets.delete(socket);
      });
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    cleanup.defer(async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    });
    const { port } = server.address() as AddressInfo;
    const waveformSource = {
      bus: { driver: "waveform" },
      device: { source: { tcp: `127.0.0.1:${port}` } },
      waveform: { rate: RATE_HZ, unit: "[g]", scale: 1 / PEAK, window: "500ms", keep: "10s" },
      rms: Math.SQRT1_2,
    };
    return { waveformSource };
  },
};

function play(socket: Socket): NodeJS.Timeout {
  const beganAt = performance.now();
  let played = 0;
  return setInterval(() => {
    const due = Math.floor(((performance.now() - beganAt) / 1_000) * RATE_HZ);
    const bytes = Buffer.alloc((due - played) * 2);
    for (let sample = played; sample < due; sample++) {
      const value = PEAK * Math.sin((2 * Math.PI * TONE_HZ * sample) / RATE_HZ);
      bytes.writeInt16LE(Math.round(value), (sample - played) * 2);
    }
    played = due;
    socket.write(bytes);
  }, PLAY_EVERY_MS);
}
