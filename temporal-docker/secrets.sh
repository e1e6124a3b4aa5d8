#!/bin/sh
# Makes the secrets that compose mounts as files, where they are not there yet. They are never committed.
set -eu
cd "$(dirname "$0")"
umask 077
mkdir -p secrets
for name in postgres admin store grafana; do
  if [ ! -s "secrets/$name" ]; then
    openssl rand -hex 32 >"secrets/$name"
    # Containers read them under users of their own.
    chmod 444 "secrets/$name"
  fi
done
chmod 711 secrets
