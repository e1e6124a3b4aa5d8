#!/bin/sh
# Starts a worker by name. The store's key comes from a secret's file, since the config names environment variables.
set -eu
HAQEI_S3_ACCESS_KEY_ID=haqei
HAQEI_S3_SECRET_ACCESS_KEY="$(cat /run/secrets/store)"
export HAQEI_S3_ACCESS_KEY_ID HAQEI_S3_SECRET_ACCESS_KEY
# This process becomes the worker: its number is what the health check looks for.
echo $$ >/tmp/worker.pid
exec node "workers/$1.ts"
