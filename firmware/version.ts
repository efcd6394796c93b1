// The version of this product, as `telltale --version`, OPC UA and records say it.

export const VERSION = "0.1.0";
