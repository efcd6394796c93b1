#!/bin/busybox sh
# First program of the virtual board: loads what reaches the disks, and goes over to the system.
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t sysfs sys /sys
/bin/busybox mount -t devtmpfs dev /dev
while read -r name; do /bin/busybox insmod "/modules/$name.ko"; done </modules/order
tries=0
until [ -b /dev/vda ] || [ $tries -ge 500 ]; do
  /bin/busybox sleep 0.02
  tries=$((tries + 1))
done
/bin/busybox mount -t ext4 -o ro /dev/vda /new || exec /bin/busybox sh
/bin/busybox mount --move /dev /new/dev
/bin/busybox umount /sys
/bin/busybox umount /proc
exec /bin/busybox switch_root /new /opt/board/init.sh
