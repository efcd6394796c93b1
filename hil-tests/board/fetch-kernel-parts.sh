#!/bin/sh
# Runs inside mmdebstrap, with apt as the guest sees it: fetches into the working directory the
# headers and the source of the kernel that was unpacked below $1, and the host's own tools for
# building modules.
set -eu
release=$(basename "$1"/lib/modules/*)
headers=linux-headers-$release
common=linux-headers-${release%-arm64}-common
version=$(apt-cache show "$headers" | sed -n 's/^Version: //p' | head -n1)
apt-get -q -o APT::Sandbox::User=root download \
  "$headers=$version" "$common=$version" "linux-source-6.1=$version"
# These run here, not in the guest: the host's architecture, from the host's own sources.
unset APT_CONFIG
apt-get -q -o APT::Sandbox::User=root download linux-kbuild-6.1
