#!/bin/sh
# A certificate authority of our own, and certificates for the server and for its clients, in the folder named or in ./out; 90 days.
set -eu
folder="${1:-$(dirname "$0")/out}"
umask 077
mkdir -p "$folder" && cd "$folder"
DAYS=90

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days "$DAYS" \
  -subj "/CN=haqei CA" -addext "basicConstraints=critical,CA:TRUE" -addext "keyUsage=critical,keyCertSign,cRLSign" \
  -keyout ca.key -out ca.pem 2>/dev/null

sign() { # name, subject alternative names, extended usage
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$1" -keyout "$1.key" -out "$1.csr" 2>/dev/null
  printf 'subjectAltName=%s\nextendedKeyUsage=%s\n' "$2" "$3" >"$1.ext"
  openssl x509 -req -in "$1.csr" -CA ca.pem -CAkey ca.key -CAcreateserial -days "$DAYS" -extfile "$1.ext" -out "$1.pem" 2>/dev/null
  rm "$1.csr" "$1.ext"
}
# The server's own parts are clients of one another.
sign server "DNS:temporal,DNS:localhost,IP:127.0.0.1" "serverAuth,clientAuth"
sign client "DNS:haqei-worker" "clientAuth"

# Containers read them under users of their own; the authority's key stays with its owner.
chmod 711 . && chmod 444 ca.pem server.pem server.key client.pem client.key
