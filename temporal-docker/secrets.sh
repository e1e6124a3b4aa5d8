#!/bin/sh
# Makes the secrets that compose mounts as files, where they are not there yet, in the folder named or in ./secrets. They are never committed.
set -eu
directory="${1:-$(dirname "$0")/secrets}"
umask 077
mkdir -p "$directory"
for name in postgres admin store grafana; do
  if [ ! -s "$directory/$name" ]; then
    openssl rand -hex 32 >"$directory/$name"
    # Containers read them under users of their own.
    chmod 444 "$directory/$name"
  fi
done
# The workers vouch for models and pointers by a key of their own; the edge is given its public half, 32 bytes in base64url.
if [ ! -s "$directory/signing" ]; then
  openssl genpkey -algorithm ed25519 >"$directory/signing"
  openssl pkey -in "$directory/signing" -pubout -outform DER | tail -c 32 | openssl base64 |
    tr '+/' '-_' | tr -d '=\n' >"$directory/blessing-keys"
  chmod 444 "$directory/signing" "$directory/blessing-keys"
fi
chmod 711 "$directory"
