#!/bin/sh
# Makes both databases and brings their tables to this version's. Every step may be run again.
set -eu
SQL_PASSWORD="$(cat /run/secrets/postgres)"
export SQL_PASSWORD
SCHEMA=/etc/temporal/schema/postgresql/v12
for part in temporal visibility; do
  case "$part" in
    temporal) database=temporal ;;
    visibility) database=temporal_visibility ;;
  esac
  temporal-sql-tool --db "$database" create-database
  # Fails where the tables of versions are there already, which is well.
  temporal-sql-tool --db "$database" setup-schema -v 0.0 || true
  temporal-sql-tool --db "$database" update-schema -d "$SCHEMA/$part/versioned"
done
# Our own registry: the tool makes an empty database as well.
temporal-sql-tool --db haqei_registry create-database
