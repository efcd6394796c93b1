// What the machine file may say of the controller's own readings: which chip a device is, and which
// reading a signal is. A device without a chip is the controller itself.

import { duration, schema } from "../../runtime/schema/schema.ts";

/** The readings of the controller itself that are not a disk's or a thermal zone's. */
export const CONTROLLER_READINGS = [
  "uptime",
  "load1",
  "load5",
  "load15",
  "memoryTotal",
  "memoryAvailable",
  "memoryAvailableShare",
  "underVoltage",
  "frequencyCapped",
  "throttled",
  "softTemperatureLimit",
  "underVoltageLatched",
  "frequencyCappedLatched",
  "throttledLatched",
  "softTemperatureLimitLatched",
] as const;
export type ControllerReading = (typeof CONTROLLER_READINGS)[number];

const DISK_READINGS = ["free", "freeShare", "total", "freeInodesShare"] as const;

/** More than the slowest conversion of a thermometer, with the repeats that the kernel makes. */
const READ_MS_MAX = 30_000;

export const busSettings = schema.strictObject({});

const word = schema.string().min(1, "is empty");

export const deviceSettings = schema
  .strictObject({
    hwmon: word.optional().describe("Name of a hwmon chip: ina219, cpu_thermal, rpi_volt"),
    iio: word.optional().describe("Name or label of an IIO device: ads1015, bme280"),
    oneWire: schema
      .string()
      .regex(/^(10|22|28|42)-[0-9a-f]{12}$/, "is not a thermometer's id such as 28-00000a1b2c3d")
      .optional()
      .describe("Id of a 1-wire thermometer, as /sys/bus/w1/devices has it"),
    at: word
      .optional()
      .describe("Where the chip is, when several have its name: 1-0040 (I2C bus and address)"),
    timeout: duration({ minMs: 100, maxMs: READ_MS_MAX })
      .prefault("5s")
      .describe("How long the kernel may take for one reading"),
  })
  .superRefine(({ hwmon, iio, oneWire, at }, context) => {
    const chips = [hwmon, iio, oneWire].filter((chip) => chip !== undefined).length;
    if (chips > 1) {
      const message = "names more than one chip; give one of hwmon, iio, oneWire, or none";
      context.addIssue({ code: "custom", message });
    } else if (at !== undefined && hwmon === undefined && iio === undefined) {
      const message = "has no place here: it tells two hwmon or iio chips of one name apart";
      context.addIssue({ code: "custom", message, path: ["at"] });
    }
  });
export type DeviceSettings = ReturnType<typeof deviceSettings.parse>;

const disk = schema.strictObject({
  mount: schema.string().startsWith("/", "is not an absolute path").describe("Where it is mounted"),
  quantity: schema
    .enum(DISK_READINGS)
    .default("freeShare")
    .describe("free and total in bytes, the shares in %"),
});
export type DiskSettings = ReturnType<typeof disk.parse>;

export const pointSettings = schema
  .strictObject({
    channel: schema
      .string()
      .regex(/^[^/\0]+$/, "is not the name of a channel")
      .optional()
      .describe("Of a chip: temp1, in0 (hwmon), voltage0 (iio), its label, or a whole file name"),
    controller: schema
      .enum(CONTROLLER_READINGS)
      .optional()
      .describe("A reading of the controller itself"),
    thermal: word.optional().describe("Type of a thermal zone: cpu-thermal"),
    disk: disk.optional(),
  })
  .superRefine(({ channel, controller, thermal, disk: mounted }, context) => {
    const given = [channel, controller, thermal, mounted].filter((key) => key !== undefined).length;
    if (given > 1) {
      const message = "names more than one reading; give one of channel, controller, thermal, disk";
      context.addIssue({ code: "custom", message });
    }
  });
export type PointSettings = ReturnType<typeof pointSettings.parse>;
