#!/bin/sh
# Process 1 of the virtual board: file systems, devices, network, then the agent that does what the
# host asks. No systemd: the board boots in a third of the time.
export PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t tmpfs -o mode=755 run /run
mount -t tmpfs tmp /tmp
mkdir -p /dev/pts /dev/shm
mount -t devpts pts /dev/pts
mount -t tmpfs shm /dev/shm
say() { echo "board: $(cut -d' ' -f1 /proc/uptime) s $*"; }
# The data disk first: a power cut has left it as it was, and its own journal puts it right.
if [ -b /dev/vdc ]; then
  e2fsck -p /dev/vdc
  say "e2fsck of the data disk ended with $?"
  mount -t ext4 /dev/vdc /data || say "the data disk cannot be mounted"
fi
mount -t ext4 -o ro /dev/vdb /product || say "the product's disk cannot be mounted"
/lib/systemd/systemd-udevd --daemon
# Named, not found by going through all that the kernel knows: that would load dozens of modules
# which nobody needs, and take longer than the rest of the boot. What these find udev hears of.
modprobe -a virtio_net xhci_pci i6300esb configfs
mount -t configfs config /sys/kernel/config
ip link set lo up
tries=0
until [ -d /sys/class/net/eth0 ] || [ $tries -ge 250 ]; do
  usleep 20000
  tries=$((tries + 1))
done
ip link set eth0 up || say "no network"
ip address add 10.0.2.15/24 dev eth0
ip route add default via 10.0.2.2
hostname board
say "the agent starts"
while true; do
  node /product/agent.js $(sed 's/.*board\.agent=\([0-9]*\).*/\1/' /proc/cmdline)
  say "the agent ended with $?"
  sleep 1
done
