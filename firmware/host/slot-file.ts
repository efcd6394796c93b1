// The register slots' file: preallocated, written in place, synced before anybody relies on it.

import { type FileHandle, open } from "node:fs/promises";
import { dirname } from "node:path";
import { Fault, reasonOf } from "../../runtime/signal/fault.ts";
import { SLOT_FILE_BYTES, type SlotFile } from "../../runtime/usage/register-slots.ts";

/**
 * Opens the file, making it at its full size where there is none.
 * @throws Fault DATA_UNUSABLE
 */
export async function openSlotFile(path: string): Promise<SlotFile> {
  const handle = await openOrMake(path).catch((cause: unknown) => {
    throw new Fault(
      "DATA_UNUSABLE",
      `the register slots ${path} cannot be opened (${reasonOf(cause)})`,
      "look at the free space, the rights and the health of the disk",
      { cause },
    );
  });
  return {
    async read() {
      const bytes = new Uint8Array(SLOT_FILE_BYTES);
      await handle.read(bytes, 0, SLOT_FILE_BYTES, 0);
      return bytes;
    },
    async write(position, bytes) {
      await handle.write(bytes, 0, bytes.length, position);
      await handle.datasync();
    },
    close: () => handle.close(),
  };
}

async function openOrMake(path: string): Promise<FileHandle> {
  try {
    return await open(path, "r+");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
  const handle = await open(path, "wx+", 0o600);
  await handle.write(new Uint8Array(SLOT_FILE_BYTES), 0, SLOT_FILE_BYTES, 0);
  await handle.sync();
  // The name itself must survive a power cut, too.
  const directory = await open(dirname(path), "r");
  await directory.sync();
  await directory.close();
  return handle;
}
