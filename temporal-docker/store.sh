#!/bin/sh
# Starts the S3 store on a folder, with its bucket: a folder in it.
set -eu
data="${STORE_DATA:-/data}"
mkdir -p "$data/haqei"
ROOT_ACCESS_KEY=haqei
ROOT_SECRET_KEY="$(cat "${HAQEI_SECRETS:-/run/secrets}/store")"
export ROOT_ACCESS_KEY ROOT_SECRET_KEY
exec versitygw --port "${STORE_ADDRESS:-:7070}" posix "$data"
