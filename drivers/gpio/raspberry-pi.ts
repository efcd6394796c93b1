// The pin header of every Raspberry Pi with 40 pins, and the labels under which the kernels of
// its models offer the chip behind it.

/** Pi 1 to 3 and Zero; Pi 4, 400 and CM4; Pi 5, 500 and CM5. */
const MAIN_CHIPS: ReadonlySet<string> = new Set([
  "pinctrl-bcm2835",
  "pinctrl-bcm2711",
  "pinctrl-rp1",
]);

/** Whether offset 17 of the chip with this label is what people call GPIO17. */
export function isMainChip(label: string): boolean {
  return MAIN_CHIPS.has(label);
}

/** Index = GPIO number, value = pin of the header; from the vendor's drawing of the header. */
const HEADER_PINS: readonly number[] = [
  27, 28, 3, 5, 7, 29, 31, 26, 24, 21, 19, 23, 32, 33, 8, 10, 36, 11, 12, 35, 38, 40, 15, 16, 18,
  22, 37, 13,
];

/** `header pin 11` for offset 17 of a Pi's main chip; empty for what is not on the header. */
export function headerPin(label: string, offset: number): string {
  const pin = HEADER_PINS[offset];
  return isMainChip(label) && pin !== undefined ? `header pin ${pin}` : "";
}
