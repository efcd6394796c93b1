import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { describe, expect, test } from "vitest";
import { scratchDirectory } from "../../runtime/testing/scratch-directory.ts";
import {
  describePort,
  groupName,
  holderOf,
  LINUX,
  listSerialPorts,
  lockHolderOf,
} from "./serial-ports.ts";

/** Files with their text, and links with `-> target`, below a folder. */
function plant(at: (name: string) => string, files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(at(name)), { recursive: true });
    if (text.startsWith("-> ")) symlinkSync(text.slice(3), at(name));
    else writeFileSync(at(name), text);
  }
}

describe("the ports of a machine", () => {
  test("have path, by-id name, maker, product and serial number as the kernel says", async () => {
    using scratch = scratchDirectory();
    const usb = "sys/devices/usb1/1-1";
    plant(scratch.at, {
      [`${usb}/idVendor`]: "0403\n",
      [`${usb}/manufacturer`]: "FTDI\n",
      [`${usb}/product`]: "FT232R USB UART\n",
      [`${usb}/serial`]: "A50285BI\n",
      [`${usb}/1-1:1.0/ttyUSB0/tty/ttyUSB0/device`]: "-> ../..",
      "sys/devices/uart/type": "",
      "sys/devices/uart/tty/ttyAMA0/device": "-> ../..",
      "sys/devices/uart/tty/ttyAMA0/type": "32\n",
      "sys/devices/8250/tty/ttyS0/device": "-> ../..",
      "sys/devices/8250/tty/ttyS0/type": "0\n",
      "sys/devices/virtual/tty/tty0/active": "",
      "sys/class/tty/ttyUSB0": `-> ../../../${usb}/1-1:1.0/ttyUSB0/tty/ttyUSB0`,
      "sys/class/tty/ttyAMA0": "-> ../../../sys/devices/uart/tty/ttyAMA0",
      "sys/class/tty/ttyS0": "-> ../../../sys/devices/8250/tty/ttyS0",
      "sys/class/tty/tty0": "-> ../../../sys/devices/virtual/tty/tty0",
      "dev/ttyUSB0": "",
      "dev/serial/by-id/usb-FTDI_FT232R_A50285BI-if00-port0": "-> ../../ttyUSB0",
    });
    const places = {
      ...LINUX,
      dev: scratch.at("dev"),
      sysTty: scratch.at("sys/class/tty"),
      byId: scratch.at("dev/serial/by-id"),
    };
    const ports = await listSerialPorts(places);
    expect(ports).toEqual([
      {
        path: scratch.at("dev/ttyAMA0"),
        byId: null,
        maker: null,
        product: null,
        serialNumber: null,
      },
      {
        path: scratch.at("dev/ttyUSB0"),
        byId: "usb-FTDI_FT232R_A50285BI-if00-port0",
        maker: "FTDI",
        product: "FT232R USB UART",
        serialNumber: "A50285BI",
      },
    ]);
    expect(ports.map(describePort)).toEqual([
      scratch.at("dev/ttyAMA0"),
      `${scratch.at("dev/ttyUSB0")} (usb-FTDI_FT232R_A50285BI-if00-port0, FTDI FT232R USB UART)`,
    ]);
  });

  test("are none where nothing is there", async () => {
    using scratch = scratchDirectory();
    const nowhere = scratch.at("none");
    expect(await listSerialPorts({ ...LINUX, sysTty: nowhere, byId: nowhere })).toEqual([]);
  });
});

describe("who holds a port", () => {
  test("is found by its open files", async () => {
    using scratch = scratchDirectory();
    plant(scratch.at, {
      ttyUSB0: "",
      "proc/812/comm": "minicom\n",
      "proc/812/fd/5": `-> ${scratch.at("ttyUSB0")}`,
      "proc/self/comm": "not a number",
    });
    const places = { ...LINUX, proc: scratch.at("proc") };
    expect(await holderOf(scratch.at("ttyUSB0"), places)).toBe("minicom (process 812)");
    expect(await holderOf(scratch.at("ttyUSB1"), places)).toBe(null);
  });

  test("is named by its command where it runs in Node and all are called alike", async () => {
    using scratch = scratchDirectory();
    plant(scratch.at, {
      ttyUSB0: "",
      "proc/812/comm": "MainThread\n",
      "proc/812/cmdline": "/usr/bin/node\0--x\0/opt/main.ts\0meter\0/etc/m.yaml\0--data\0",
      "proc/812/fd/5": `-> ${scratch.at("ttyUSB0")}`,
      "proc/813/comm": "MainThread\n",
      "proc/813/fd/5": `-> ${scratch.at("ttyUSB0")}`,
    });
    const places = { ...LINUX, proc: scratch.at("proc") };
    expect(await holderOf(scratch.at("ttyUSB0"), places)).toBe(
      "node main.ts meter m.yaml (process 812) and node (process 813)",
    );
  });

  test("is named by a lock file for as long as it runs", async () => {
    using scratch = scratchDirectory();
    plant(scratch.at, {
      "proc/812/comm": "minicom\n",
      "lock/LCK..ttyUSB0": "       812\n",
      "lock/LCK..ttyUSB1": "       999\n",
      "lock/LCK..ttyUSB2": "nonsense",
      "lock/LCK..pts_7": "812",
    });
    const places = { ...LINUX, proc: scratch.at("proc"), locks: [scratch.at("lock")] };
    const of = (name: string) => lockHolderOf(`/dev/${name}`, places);
    expect(await of("ttyUSB0")).toBe(
      `minicom (process 812), which left ${scratch.at("lock/LCK..ttyUSB0")}`,
    );
    expect(await of("pts/7")).toMatch(/^minicom/);
    expect([await of("ttyUSB1"), await of("ttyUSB2"), await of("ttyUSB3")]).toEqual([
      null,
      null,
      null,
    ]);
  });
});

test("a group has its name from the group file, else its number", async () => {
  using scratch = scratchDirectory();
  plant(scratch.at, { group: "root:x:0:\ndialout:x:20:pi\n" });
  const places = { ...LINUX, groups: scratch.at("group") };
  expect(await groupName(20, places)).toBe("dialout");
  expect(await groupName(77, places)).toBe("group 77");
});
