// The data logger on the accelerometer: sends raw signed 16-bit little-endian samples of one
// channel to everyone who connects, and drops whoever reads too slowly.

import { createServer, type Server, type Socket } from "node:net";

const HOST = "127.0.0.1";
export const RATE_HZ = 25_600;
/** 40 ms. */
export const BLOCK_SAMPLES = 1_024;
/** 32768 counts are 32 g; a power of two, so that counts and g convert without rounding. */
const G_PER_COUNT = 1 / 1_024;
const COUNT_MAX = 32_767;
/** Beside the runtime there are a few curious people. */
const CLIENTS_MAX = 8;
/** About 5 s of samples: who is further behind is dropped, because a logger does not wait. */
const CLIENT_BUFFERED_BYTES_MAX = 256 * 1_024;

export class WaveformServer {
  readonly #clients = new Set<Socket>();
  readonly #server: Server;

  constructor() {
    this.#server = createServer((socket) => this.#accept(socket));
  }

  get clients(): number {
    return this.#clients.size;
  }

  /** Listens and gives the port. Rejects with the system's error. */
  open(port: number): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(port, HOST, () => {
        const address = this.#server.address();
        resolve(typeof address === "object" && address ? address.port : port);
      });
    });
  }

  close(): Promise<void> {
    for (const socket of this.#clients) socket.destroy();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }

  send(samplesG: Float32Array): void {
    if (this.#clients.size === 0) return;
    // A buffer of its own for each block: sockets keep it until their reader has taken it.
    const bytes = encode(samplesG);
    for (const socket of this.#clients) {
      if (socket.writableLength + bytes.length > CLIENT_BUFFERED_BYTES_MAX) socket.destroy();
      else socket.write(bytes);
    }
  }

  #accept(socket: Socket): void {
    if (this.#clients.size >= CLIENTS_MAX) {
      socket.destroy();
      return;
    }
    this.#clients.add(socket);
    socket.setNoDelay(true);
    // What a client says is read and thrown away, so that its end is noticed.
    socket.resume();
    // A client that goes away in the middle is everyday life; `close` follows each error.
    socket.on("error", () => socket.destroy());
    socket.on("close", () => this.#clients.delete(socket));
  }
}

function encode(samplesG: Float32Array): Buffer {
  const bytes = Buffer.allocUnsafe(samplesG.length * 2);
  for (let index = 0; index < samplesG.length; index++) {
    const counts = Math.round(samplesG[index]! / G_PER_COUNT);
    bytes.writeInt16LE(Math.max(-COUNT_MAX - 1, Math.min(COUNT_MAX, counts)), index * 2);
  }
  return bytes;
}
