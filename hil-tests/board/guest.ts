// One virtual board: a QEMU process with its disks, and what is needed to use it from here. It can
// lose its power at any moment and get it back with the same data disk.

import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, existsSync, openSync, readFileSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { AgentLink } from "./agent-link.ts";
import type { Image } from "./image.ts";
import { Qmp, Qtest } from "./qemu-sockets.ts";

const BOOT_MS_MAX = 90_000;
const SOCKETS_MS_MAX = 10_000;
const DATA_DISK_BYTES = 256 * 1_024 * 1_024;
const MEMORY_MIB = 1_024;
/** As many as leave one of a machine's four for the tests. */
const PROCESSORS = 3;

/** The serial adapters: each is a QEMU chardev behind a USB converter. */
export const ADAPTERS = ["rtu", "serial", "firmata"] as const;
export type Adapter = (typeof ADAPTERS)[number];

export interface GuestOptions {
  readonly image: Image;
  /** The disk with the product; read only. */
  readonly product: string;
  /** Where sockets, the data disk and the console's log are; its path has to be short. */
  readonly folder: string;
}

export class Guest implements AsyncDisposable {
  readonly link = new AgentLink();
  readonly #options: GuestOptions;
  readonly #dataDisk: string;
  #port = 0;
  #qemu: ChildProcess | null = null;
  #qmp: Qmp | null = null;
  #qtest: Qtest | null = null;

  constructor(options: GuestOptions) {
    this.#options = options;
    this.#dataDisk = join(options.folder, "data.ext4");
  }

  get hasPower(): boolean {
    return this.#qemu !== null;
  }

  /** What the system of the board is made of. */
  get versions(): Readonly<Record<string, string>> {
    const lines = readFileSync(this.#options.image.versions, "utf8").trim().split("\n");
    const qemu = lines.find((line) => line.startsWith("QEMU")) ?? "";
    return { qemu: qemu.replace("QEMU emulator version ", "") };
  }

  get qmp(): Qmp {
    if (!this.#qmp) throw new Error("the guest has no power");
    return this.#qmp;
  }

  get qtest(): Qtest {
    if (!this.#qtest) throw new Error("the guest has no power");
    return this.#qtest;
  }

  /** Where a peer on the host reaches the far end of an adapter. */
  adapterSocket(adapter: Adapter): string {
    return join(this.#options.folder, `${adapter}.sock`);
  }

  /** Gives it power; resolves when its agent has called, with how long that took. */
  async boot(): Promise<number> {
    const startedAt = performance.now();
    if (this.#port === 0) this.#port = await this.link.listen();
    if (!existsSync(this.#dataDisk)) this.#makeDataDisk();
    const { calls } = this.link;
    const output = openSync(join(this.#options.folder, "qemu.log"), "a");
    const qemu = spawn("qemu-system-aarch64", this.#arguments(), {
      stdio: ["ignore", output, output],
    });
    closeSync(output);
    this.#qemu = qemu;
    const end = once(qemu, "exit").then(([status, signal]) => {
      this.link.lost();
      throw new Error(`QEMU ended (${signal ?? status}); see ${this.#options.folder}/qemu.log`);
    });
    end.catch(() => {
      // Later, when it runs: whoever needs it then finds its link lost.
    });
    await Promise.race([end, this.#openSockets()]);
    await Promise.race([end, this.link.called(calls, BOOT_MS_MAX)]);
    return performance.now() - startedAt;
  }

  /** Ends it as a power cut does: nothing in it hears of it. */
  async cut(): Promise<void> {
    const qemu = this.#qemu;
    if (!qemu) return;
    this.#qemu = null;
    this.#qmp?.close();
    this.#qtest?.close();
    this.#qmp = null;
    this.#qtest = null;
    if (qemu.exitCode === null && qemu.signalCode === null) {
      qemu.kill("SIGKILL");
      await once(qemu, "exit");
    }
    this.link.lost();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.cut();
    await this.link[Symbol.asyncDispose]();
  }

  #makeDataDisk(): void {
    closeSync(openSync(this.#dataDisk, "w"));
    truncateSync(this.#dataDisk, DATA_DISK_BYTES);
    execFileSync("mkfs.ext4", ["-q", "-F", this.#dataDisk], { stdio: "pipe" });
  }

  async #openSockets(): Promise<void> {
    const deadline = performance.now() + SOCKETS_MS_MAX;
    for (;;) {
      try {
        this.#qmp ??= await Qmp.open(join(this.#options.folder, "qmp.sock"));
        this.#qtest ??= await Qtest.open(join(this.#options.folder, "qtest.sock"));
        return;
      } catch (error) {
        // QEMU has not opened them yet.
        if (performance.now() > deadline) throw error;
        await pause(20);
      }
    }
  }

  #arguments(): readonly string[] {
    const { image, product, folder } = this.#options;
    const socket = (name: string) => `${join(folder, `${name}.sock`)},server=on,wait=off`;
    const disk = (file: string, more: string) => [
      "-drive",
      `file=${file},if=virtio,format=raw,${more}`,
    ];
    const adapters = ADAPTERS.flatMap((name) => [
      "-chardev",
      `socket,id=${name},path=${socket(name)}`,
      "-device",
      JSON.stringify(adapterDevice(name)),
    ]);
    return [
      ...["-M", "virt", "-cpu", "cortex-a72", "-accel", "tcg,thread=multi"],
      ...["-smp", String(PROCESSORS), "-m", String(MEMORY_MIB), "-nodefaults", "-display", "none"],
      ...["-kernel", image.kernel, "-initrd", image.initrd],
      ...["-append", `console=ttyAMA0 quiet panic=1 net.ifnames=0 board.agent=${this.#port}`],
      // A console that goes to a file is always drained; an undrained one stops the machine.
      ...["-chardev", `file,id=console,path=${join(folder, "console.log")},append=on`],
      ...["-serial", "chardev:console"],
      ...["-qmp", `unix:${socket("qmp")}`, "-qtest", `unix:${socket("qtest")}`],
      ...["-qtest-log", "/dev/null"],
      ...disk(image.rootFileSystem, "readonly=on"),
      ...disk(product, "readonly=on"),
      // Past the host's page cache where a sync asks for it: what the guest has synced stays.
      ...disk(this.#dataDisk, "cache=writethrough"),
      ...["-netdev", "user,id=network", "-device", "virtio-net-pci,netdev=network,romfile="],
      ...["-device", "i6300esb", "-action", "watchdog=reset"],
      ...["-device", "qemu-xhci,id=usb", ...adapters],
    ];
  }
}

/**
 * `always-plugged`: the adapter stays in the guest while nobody speaks at its far end. The serial
 * number is the adapter's own, so that the guest finds it again under the same name.
 */
export function adapterDevice(name: Adapter): Readonly<Record<string, string | boolean>> {
  return {
    driver: "usb-serial",
    id: `${name}-adapter`,
    bus: "usb.0",
    chardev: name,
    "always-plugged": true,
    serial: name,
  };
}
