#!/bin/sh
# One node for the Maelstrom workbench: `maelstrom test --bin scripts/maelstrom-node.sh …`.
exec node "$(dirname "$0")/../dist/cli/main.js" maelstrom "$@"
