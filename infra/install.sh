#!/usr/bin/env bash
# install.sh PYTHON REQUIREMENTS: install exactly what the file pins, and show how far it is.
set -euo pipefail
log=$(mktemp)
trap 'rm -f "$log"' EXIT

wanted() { # the pinned lines of a file and of those that it names with -r
  local line
  while read -r line; do
    case $line in
      "-r "*) (cd "$(dirname "$1")" && wanted "${line#-r }") ;;
      *==*) echo "$line" ;;
    esac
  done < "$1"
}

total=$(wanted "$2" | wc -l)
[ -t 1 ] && live=1 || live=0
if ! "$1" -m pip install --disable-pip-version-check --no-deps -r "$2" 2>&1 | tee "$log" | awk -v total="$total" -v live="$live" '
    !live { next }
    /^(Collecting|Requirement already)/ { printf "\r  %d of %d packages ready", ++ready, total }
    /^Installing collected/ { printf "\r  %d packages ready, writing them to disk ...", ready }
    { fflush() } END { if (live) printf "\r\033[K" }'; then
  cat "$log" >&2
  exit 1
fi
