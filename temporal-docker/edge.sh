#!/bin/sh
# Starts the edge. It believes models that the workers' key has blessed; it holds only the key's public half.
set -eu
HAQEI_BLESSING_KEYS="$(cat "${HAQEI_SECRETS:-/run/secrets}/blessing-keys")"
export HAQEI_BLESSING_KEYS
exec node local/edge-process.ts
