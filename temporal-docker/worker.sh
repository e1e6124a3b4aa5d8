#!/bin/sh
# Starts a worker by name. Keys come from secrets' files, since the config names environment variables.
set -eu
HAQEI_S3_ACCESS_KEY_ID=haqei
HAQEI_S3_SECRET_ACCESS_KEY="$(cat /run/secrets/store)"
HAQEI_REGISTRY_URL="postgres://temporal:$(cat /run/secrets/postgres)@postgres:5432/haqei_registry"
export HAQEI_S3_ACCESS_KEY_ID HAQEI_S3_SECRET_ACCESS_KEY HAQEI_REGISTRY_URL
# This process becomes the worker: its number is what the health check looks for.
echo $$ >/tmp/worker.pid
exec node "workers/$1.ts"
