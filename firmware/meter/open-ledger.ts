// Opens the ledger's file and the device's keys. One that is broken is set aside and another
// segment begins, which says so: hours do not wait for it.

import { parseLeaf } from "../../runtime/ledger/leaf.ts";
import { Ledger, LedgerCorrupt } from "../../runtime/ledger-store/ledger.ts";
import type { LedgerOpening } from "../../runtime/ledger-store/thread-messages.ts";
import { Fault } from "../../runtime/signal/fault.ts";
import type { Clock } from "../../runtime/signal/instant.ts";
import type { Log } from "../../runtime/signal/log.ts";
import type { SavedRegisters } from "../../runtime/usage/register-slots.ts";
import { setAside } from "../host/files.ts";
import type { DataPaths } from "../host/paths.ts";
import { spawnThread } from "../host/threads.ts";
import { hostTimers } from "../host/timers.ts";
import type { Machine } from "../machine-file/machine.ts";
import { type BrokenSegment, MeterLedger } from "./meter-ledger.ts";
