#!/bin/sh
# Gives the board the devices that the kernel itself simulates: a GPIO chip whose inputs can be
# pulled from user space, a CAN bus, and a temperature sensor on I2C. Done for the place, not at
# boot, so that a board boots without them too.
set -e
chip=/sys/kernel/config/gpio-sim/board
if [ ! -d $chip ]; then
  modprobe gpio-sim
  mkdir -p $chip/bank/line5 $chip/bank/line17 $chip/bank/line18 $chip/bank/line27
  echo 54 >$chip/bank/num_lines
  # As on a Raspberry Pi, because lines are looked for by the chip's label.
  echo pinctrl-bcm2835 >$chip/bank/label
  for line in 5 17 18 27; do echo GPIO$line >$chip/bank/line$line/name; done
  echo 1 >$chip/live
fi
if [ ! -d /sys/class/net/vcan0 ]; then
  modprobe vcan
  ip link add vcan0 type vcan
  ip link set vcan0 up
fi
if ! ls -d /sys/bus/i2c/devices/*-0048 >/dev/null 2>&1; then
  modprobe -a i2c-dev lm75
  modprobe i2c-stub chip_addr=0x48
  adapter=$(basename "$(dirname "$(grep -l 'SMBus stub' /sys/bus/i2c/devices/i2c-*/name)")")
  # Registers of an LM75 have their high byte first: 25.0 degrees Celsius.
  i2cset -y "${adapter#i2c-}" 0x48 0 0x0019 w
  echo lm75 0x48 >/sys/bus/i2c/devices/"$adapter"/new_device
fi
device=$(cat $chip/dev_name)
echo "pull /sys/devices/platform/$device/$(cat $chip/bank/chip_name)"
echo "hwmon $(ls -d /sys/bus/i2c/devices/*-0048/hwmon/hwmon*)"
