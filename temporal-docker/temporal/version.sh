#!/bin/sh
# Makes a build of the workers the current one: runs that begin from now on are its own; those that began before stay where they are.
# Upgrade and rollback are the same call with another build, whose workers poll already: the server refuses one that leaves a queue out.
set -eu
tries=0
# Workers that were just started are known some seconds later.
until temporal worker deployment set-current-version --yes --namespace "$TEMPORAL_NAMESPACE" \
  --deployment-name "$TEMPORAL_DEPLOYMENT_NAME" --build-id "$TEMPORAL_WORKER_BUILD_ID"; do
  tries=$((tries + 1))
  [ "$tries" -lt 60 ] || exit 1
  sleep 1
done
