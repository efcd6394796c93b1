// What a person does who may not open a GPIO file: the group that owns it, by name.

import { readFileSync, statSync } from "node:fs";

/** A rule that gives the chips to a group; Raspberry Pi OS has it, Debian has not. */
const RULE = 'SUBSYSTEM=="gpio", KERNEL=="gpiochip*", GROUP="gpio", MODE="0660"';

/** `groups` has the form of /etc/group; an argument for tests. */
export function forbiddenRemedy(path: string, groups = "/etc/group"): string {
  const { gid, mode } = statSync(path);
  const group = groupName(gid, groups);
  const isForGroup = (mode & 0o060) === 0o060 && gid !== 0;
  if (isForGroup) return `Add the user that Telltale runs as to the group ${group}.`;
  return (
    `It belongs to ${group} alone. Make a group gpio, add the user that Telltale runs as to it, ` +
    `and write ${RULE} into a file in /etc/udev/rules.d.`
  );
}

function groupName(gid: number, groups: string): string {
  const rows = readFileSync(groups, "utf8").split("\n");
  const row = rows.map((line) => line.split(":")).find((fields) => fields[2] === String(gid));
  return row?.[0] ?? String(gid);
}
