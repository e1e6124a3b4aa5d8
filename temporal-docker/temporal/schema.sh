#!/bin/sh
# Makes both databases and brings their tables to this version's. Every step may be run again.
set -eu
SQL_PASSWORD="$(cat "${HAQEI_SECRETS:-/run/secrets}/postgres")"
export SQL_PASSWORD
for part in temporal visibility; do
  case "$part" in
    temporal) database=temporal ;;
    visibility) database=temporal_visibility ;;
  esac
  temporal-sql-tool --db "$database" create-database
  # Fails where the tables of versions are there already, which is well.
  temporal-sql-tool --db "$database" setup-schema -v 0.0 || true
  # The schemas of its own version are in the tool.
  temporal-sql-tool --db "$database" update-schema --schema-name "postgresql/v12/$part"
done
# Our own registry: the tool makes an empty database as well.
temporal-sql-tool --db haqei_registry create-database
