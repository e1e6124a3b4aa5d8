#!/bin/sh
# Makes the namespace and the search attributes of our runs (workflows/messages.ts). Every step may be run again.
set -eu
tries=0
until temporal operator cluster health; do
  tries=$((tries + 1))
  [ "$tries" -lt 60 ] || exit 1
  sleep 2
done
temporal operator namespace describe --namespace "$TEMPORAL_NAMESPACE" >/dev/null 2>&1 ||
  temporal operator namespace create --namespace "$TEMPORAL_NAMESPACE" --retention 30d
known="$(temporal operator search-attribute list --namespace "$TEMPORAL_NAMESPACE")"
for name in LogicalDate RunKind Stage ModelDigest Verdict; do
  case "$known" in
    *"$name"*) ;;
    *) temporal operator search-attribute create --namespace "$TEMPORAL_NAMESPACE" --name "$name" --type Keyword ;;
  esac
done
