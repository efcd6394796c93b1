// A file that a setting names because its content must not stand in the machine file: a password, a
// key, a certificate.

import { readFile, stat } from "node:fs/promises";
import { Fault, reasonOf } from "../../runtime/signal/fault.ts";

/** A certificate chain with room to spare; a file beyond it was named by mistake. */
const BYTES_MAX = 64 * 1024;

/** `key` is the setting that names the file, as a person knows it: `user.passwordFile`. */
export async function readSettingFile(path: string, key: string): Promise<Buffer> {
  try {
    const { size } = await stat(path);
    if (size <= BYTES_MAX) return await readFile(path);
  } catch (error) {
    throw new Fault(
      "SETTING_INVALID",
      `${key} names ${path}, which cannot be read: ${reasonOf(error)}.`,
      "Correct the path, and let the user that the meter runs as read the file.",
      { cause: error },
    );
  }
  throw new Fault(
    "SETTING_INVALID",
    `${key} names ${path}, which has more than ${BYTES_MAX} bytes.`,
    "Name the file that holds this one thing and nothing else.",
  );
}
