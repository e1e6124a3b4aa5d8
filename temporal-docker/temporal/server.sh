#!/bin/sh
# The image takes the database's password from the environment: it is read from the secret at the last moment.
set -eu
POSTGRES_PWD="$(cat /run/secrets/postgres)"
export POSTGRES_PWD
exec /etc/temporal/entrypoint.sh
