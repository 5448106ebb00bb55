#!/usr/bin/env bash
# Makes sure that a container engine answers: for CI, on Debian, as root. Installs the engine when
# it is missing and starts it when none runs; what it started stays until the machine goes.
# DOCKER_DATA_ROOT: where images lie; it must be on a disk, not in memory.
set -eu

answers() { docker info >/dev/null 2>&1; }

answers && exit 0
command -v dockerd >/dev/null || {
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends docker.io iptables
}
log=${TMPDIR:-/tmp}/dockerd.log
setsid dockerd --data-root "${DOCKER_DATA_ROOT:-/var/lib/balsa-docker}" >"$log" 2>&1 </dev/null &
for _ in $(seq 100); do
  answers && exit 0
  sleep 0.3
done
tail -n 20 "$log" >&2
exit 1
