#!/bin/sh
# Makes the namespace and the search attributes of our runs (workflows/messages.ts). Every step may be run again.
set -eu
# A server that was just started does not answer yet; a namespace that was just made is seen some seconds later.
patiently() {
  tries=0
  until "$@"; do
    tries=$((tries + 1))
    [ "$tries" -lt 60 ] || exit 1
    sleep 1
  done
}
attributes() {
  known="$(temporal operator search-attribute list --namespace "$TEMPORAL_NAMESPACE" 2>/dev/null)"
}
patiently temporal operator cluster health
temporal operator namespace describe --namespace "$TEMPORAL_NAMESPACE" >/dev/null 2>&1 ||
  temporal operator namespace create --namespace "$TEMPORAL_NAMESPACE" --retention 30d
patiently attributes
for name in LogicalDate RunKind Stage ModelDigest Verdict; do
  case "$known" in
    *"$name"*) ;;
    *) temporal operator search-attribute create --namespace "$TEMPORAL_NAMESPACE" --name "$name" --type Keyword ;;
  esac
done
