// A witness for tests to kill. Arguments: its directory, and when it kills itself: `never`,
// `before` the checkpoint is on the disk, or `after` that and before the answer. It prints its
// port.

import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { openWitnessDirectory } from "../../firmware/host/witness-directory.ts";
import {
  DEVICE_KEY,
  NOW_SECONDS,
  WITNESS,
  WITNESS_KEY,
  WITNESS_NAME,
} from "../../protocols/witness/test-rig.ts";
import { Witness } from "../../protocols/witness/witness.ts";
import { witnessListener } from "../../protocols/witness/witness-listener.ts";
import { silentLog } from "../signal/log.ts";

const [, , directory, when] = process.argv;
const die = (moment: string) => {
  if (moment === when) process.kill(process.pid, "SIGKILL");
};

const store = openWitnessDirectory(directory!, WITNESS_KEY);
const witness = new Witness({
  name: WITNESS_NAME,
  signer: WITNESS,
  devices: [DEVICE_KEY],
  store: {
    keep(origin, note) {
      die("before");
      store.keep(origin, note);
      die("after");
    },
    accuse: (evidence) => store.accuse(evidence),
  },
  kept: store.kept,
  now: () => NOW_SECONDS,
});
const http = createServer(witnessListener({ witness, mono: () => 0, log: silentLog }));
http.listen(0, "127.0.0.1");
await once(http, "listening");
console.log(`port ${(http.address() as AddressInfo).port}`);
