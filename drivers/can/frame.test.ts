// The layouts in memory, against the kernel's own headers, and what filters let through.

import { execFileSync } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { requires } from "../../runtime/testing/requires.ts";
import { scratchDirectory } from "../../runtime/testing/scratch-directory.ts";
import {
  CAN,
  ERROR_CLASSES,
  FRAME_BYTES,
  makeAddress,
  makeFilters,
  makeFrame,
  parseFrame,
  shownFrame,
} from "./frame.ts";
import { isDirected } from "./identifier.ts";

const COMPILE_TIMEOUT_MS = 15_000;

/** Prints what the headers say, one line each, as the test below expects it. */
const PROGRAM = `
#include <linux/can.h>
#include <linux/can/raw.h>
#include <linux/can/error.h>
#include <linux/if.h>
#include <sys/socket.h>
#include <sys/ioctl.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
static void dump(const char *name, const void *data, size_t size) {
  printf("%s ", name);
  for (size_t at = 0; at < size; at++) printf("%02x", ((const unsigned char *)data)[at]);
  printf("\\n");
}
int main(void) {
  printf("numbers %d %d %d %d %d %d\\n", AF_CAN, CAN_RAW, SOL_CAN_RAW, CAN_RAW_FILTER,
    CAN_RAW_ERR_FILTER, CAN_RAW_FILTER_MAX);
  printf("errors %u\\n", CAN_ERR_CRTL | CAN_ERR_BUSOFF | CAN_ERR_RESTARTED);
  printf("system %d %d %d %d %d %d\\n", SOCK_RAW, SOL_SOCKET, SO_RCVBUF, SO_RXQ_OVFL,
    MSG_DONTWAIT, IFF_UP);
  printf("requests %x %x %zu\\n", SIOCGIFINDEX, SIOCGIFFLAGS, sizeof(struct ifreq));
  printf("control %zu %zu\\n", sizeof(struct cmsghdr), (size_t)CMSG_SPACE(4));
  struct can_frame frame;
  memset(&frame, 0, sizeof frame);
  frame.can_id = 0x18fef100 | CAN_EFF_FLAG;
  frame.can_dlc = 3;
  frame.data[0] = 1; frame.data[1] = 2; frame.data[2] = 3;
  dump("frame", &frame, sizeof frame);
  struct sockaddr_can address;
  memset(&address, 0, sizeof address);
  address.can_family = AF_CAN;
  address.can_ifindex = 7;
  dump("address", &address, sizeof address);
  struct can_filter filters[2] = {
    { 0xf00400 | 3 | CAN_EFF_FLAG, CAN_EFF_FLAG | CAN_RTR_FLAG | 0x3ffffff },
    { 0xea0000 | CAN_EFF_FLAG, CAN_EFF_FLAG | CAN_RTR_FLAG | 0x3ff0000 },
  };
  dump("filters", filters, sizeof filters);
  frame.can_id = CAN_ERR_FLAG | CAN_ERR_CRTL | CAN_ERR_RESTARTED;
  memset(frame.data, 0, 8);
  frame.data[1] = CAN_ERR_CRTL_RX_OVERFLOW | CAN_ERR_CRTL_RX_PASSIVE | CAN_ERR_CRTL_ACTIVE;
  dump("error", &frame, sizeof frame);
  return 0;
}
`;

test("structures and numbers are those of the kernel's headers", (context) => {
  const compiler = requires(context, "cc");
  if (!existsSync("/usr/include/linux/can.h")) context.skip("the kernel's headers are not here");
  using scratch = scratchDirectory();
  writeFileSync(scratch.at("layout.c"), PROGRAM);
  const options = { timeout: COMPILE_TIMEOUT_MS };
  execFileSync(compiler, ["-o", scratch.at("layout"), scratch.at("layout.c")], options);
  const lines = execFileSync(scratch.at("layout"), options).toString().trim().split("\n");
  const said = Object.fromEntries(lines.map((line) => line.split(/ (.*)/s).slice(0, 2)));

  const { family, protocolRaw, levelRaw, optionFilter, optionErrorFilter, filtersMax } = CAN;
  expect(said["numbers"]).toBe(
    [family, protocolRaw, levelRaw, optionFilter, optionErrorFilter, filtersMax].join(" "),
  );
  expect(said["errors"]).toBe(String(ERROR_CLASSES));
  // As can-socket.ts has them.
  expect(said["system"]).toBe("3 1 8 40 64 1");
  expect(said["requests"]).toBe("8933 8913 40");
  expect(said["control"]).toBe("16 24");
  expect(said["frame"]).toBe(makeFrame(0x18fe_f100, Uint8Array.of(1, 2, 3)).toString("hex"));
  expect(said["frame"]).toHaveLength(FRAME_BYTES * 2);
  expect(said["address"]).toBe(makeAddress(7).toString("hex"));
  const filters = [
    { group: 61_444, source: 3 },
    { group: 0xea00, source: null },
  ];
  expect(said["filters"]).toBe(makeFilters(filters, isDirected).toString("hex"));
  expect(parseFrame(Buffer.from(said["error"]!, "hex"))).toEqual({
    ...{ isBusOff: false, isPassive: true, isActive: true, isOverflow: true },
  });
});

test("frames that J1939 does not have are none", () => {
  const frame = makeFrame(0x18fe_f100, Uint8Array.of(1, 2, 3));
  expect(shownFrame(parseFrame(frame) as never)).toBe("18FEF100#010203");
  const short = Buffer.from(frame);
  short.writeUInt32LE(0x123, 0);
  expect(parseFrame(short)).toBeNull();
  const remote = Buffer.from(frame);
  remote.writeUInt32LE(0xd8fe_f100, 0);
  expect(parseFrame(remote)).toBeNull();
  // A length that the kernel would not give reads no further than the frame.
  frame[4] = 200;
  expect((parseFrame(frame) as { data: Uint8Array }).data).toHaveLength(8);
  expect(parseFrame(frame.subarray(0, 8))).toBeNull();
});
