#!/bin/sh
# Starts a worker by name. Keys come from secrets' files, since the config names environment variables.
set -eu
secrets="${HAQEI_SECRETS:-/run/secrets}"
HAQEI_S3_ACCESS_KEY_ID=haqei
HAQEI_S3_SECRET_ACCESS_KEY="$(cat "$secrets/store")"
HAQEI_REGISTRY_URL="postgres://temporal:$(cat "$secrets/postgres")@${POSTGRES_ADDRESS:-postgres:5432}/haqei_registry"
HAQEI_SIGNING_KEY="$(cat "$secrets/signing")"
export HAQEI_SIGNING_KEY HAQEI_S3_ACCESS_KEY_ID HAQEI_S3_SECRET_ACCESS_KEY HAQEI_REGISTRY_URL
# This process becomes the worker: its number is what the health check looks for.
echo $$ >"${HAQEI_PID_FILE:-/tmp/worker.pid}"
exec node "workers/$1.ts"
