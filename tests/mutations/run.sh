#!/bin/sh
# Applies each patch of this folder to a copy of the sources, one at a time, and expects the simulation to notice it.
# Each patch is one change that would break how a run is resumed.
#
#   tests/mutations/run.sh            all patches
#   tests/mutations/run.sh 03 07      those whose names begin so
#
# IXSCRIPT_HISTORIES says how many random histories the simulation may take for each, 4000 if it is not set.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
# Builds that are incremental and not optimized further than the simulation needs: there is one for each patch.
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$root/target}/mutations"
export CARGO_PROFILE_RELEASE_OPT_LEVEL=1 CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_DEBUG=0
export CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 CARGO_PROFILE_RELEASE_INCREMENTAL=true
export IXSCRIPT_HISTORIES="${IXSCRIPT_HISTORIES:-4000}"
missed=0
for patch in "$root"/tests/mutations/*.patch; do
    name=$(basename "$patch" .patch)
    wanted=no
    [ $# -eq 0 ] && wanted=yes
    for prefix in "$@"; do
        case "$name" in "$prefix"*) wanted=yes ;; esac
    done
    [ "$wanted" = yes ] || continue
    mkdir -p "$copy/work"
    # The same paths with the same times each time, so that only what a patch touches is built again.
    (cd "$root" && tar -cf - Cargo.toml Cargo.lock benches docs scripts src tests README.md) | tar -xf - -C "$copy/work"
    if ! (cd "$copy/work" && patch -p1 --quiet <"$patch"); then
        echo "$name: does not apply"
        missed=$((missed + 1))
        continue
    fi
    log="$copy/log"
    if ! (cd "$copy/work" && cargo test --release --locked --test simulation --no-run) >"$log" 2>&1; then
        cat "$log"
        echo "$name: does not build"
        missed=$((missed + 1))
    elif (cd "$copy/work" && cargo test --release --locked --test simulation -- random_histories) >"$log" 2>&1; then
        echo "$name: NOT NOTICED in $IXSCRIPT_HISTORIES histories"
        missed=$((missed + 1))
    else
        echo "$name: $(grep -m1 -o 'seed [0-9]* breaks a promise.*' "$log" | cut -c1-120)"
    fi
    # What the patch changed gets a newer time again, so that it is built anew.
    (cd "$copy/work" && grep '^+++ b/' "$patch" | cut -c7- | while read -r file; do cp "$root/$file" "$file"; touch "$file"; done)
done
[ "$missed" -eq 0 ] || { echo "$missed not noticed"; exit 1; }
