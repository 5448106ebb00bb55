#!/usr/bin/env bash
# docker/build.sh [--tag NAME] [--base IMAGE]
# Builds Balsa's image out of what `npm run build` made. Without --base nothing is fetched from
# anywhere: the image is this machine's Node, the libraries it loads, and the package.
set -eu
cd "$(dirname "$0")/.."

tag=balsa:latest
base=scratch
while [ $# -gt 0 ]; do
  case $1 in
    --tag) tag=$2; shift 2 ;;
    --base) base=$2; shift 2 ;;
    *) printf 'usage: docker/build.sh [--tag NAME] [--base IMAGE]\n' >&2; exit 128 ;;
  esac
done
[ -f dist/cli/main.js ] || { printf 'nothing is built: npm run build\n' >&2; exit 1; }

context=$(mktemp -d)
trap 'rm -rf "$context"' EXIT
mkdir -p "$context/balsa" "$context/data" "$context/tmp"

if [ "$base" = scratch ]; then
  node=$(node -p process.execPath)
  install -D -m 755 "$node" "$context/usr/bin/node"
  ldd "$node" | grep -o '/[^ ]*' | xargs -r cp -L --parents -t "$context"
fi

cp -r dist proto cluster package.json LICENSE "$context/balsa"
# Run-time dependencies only, each folder where npm put it.
npm ls --omit=dev --all --parseable 2>/dev/null | sed -n "s|^$(pwd -P)/||p" |
  xargs -r cp -r --parents -t "$context/balsa"

DOCKER_BUILDKIT=0 docker build --quiet --build-arg "BASE=$base" --tag "$tag" \
  --file docker/Dockerfile "$context"
