#!/usr/bin/env bash
# Lets the vendor's own Python client talk to the simulator: tests/foreign/run.sh [PATH-OF-IXSCRIPT]
#
# The client comes from PyPI into a temporary folder and is never kept here. Where that cannot be done, this says SKIPPED
# and succeeds.
#
# Not here: what is called and checked; that is official_client.py beside this file.
set -euo pipefail

package='ixbrowser-local-api==1.2.9'
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
binary=${1:-$root/target/debug/ixscript}

skip() {
    echo "SKIPPED: foreign client: $1"
    exit 0
}

die() {
    echo "run.sh: $1" >&2
    exit 1
}

if [[ $# -eq 0 ]]; then
    (cd "$root" && cargo build --quiet)
fi
[[ -x $binary ]] || die "there is no program at $binary"

work=$(mktemp -d)
simulator=''
finish() {
    if [[ -n $simulator ]]; then
        kill "$simulator" 2>/dev/null || true
        wait "$simulator" 2>/dev/null || true
    fi
    rm -rf "$work"
}
trap finish EXIT

command -v python3 >/dev/null || skip 'there is no python3'
python3 -m venv "$work/venv" >"$work/venv.log" 2>&1 || skip 'python3 cannot make a virtual environment'
"$work/venv/bin/pip" install --quiet --disable-pip-version-check --timeout 15 --retries 1 "$package" \
    >"$work/pip.log" 2>&1 || skip "$package cannot be installed: $(tail -n 1 "$work/pip.log")"

"$binary" sim --port 0 --examples >"$work/url" 2>"$work/sim.log" &
simulator=$!
for _ in {1..100}; do
    [[ -s $work/url ]] && break
    kill -0 "$simulator" 2>/dev/null || die "the simulator did not start: $(cat "$work/sim.log")"
    sleep 0.1
done
url=$(head -n 1 "$work/url")
[[ -n $url ]] || die 'the simulator did not say where it is'

# A proxy of the surroundings must not come between the client and this computer.
NO_PROXY='*' no_proxy='*' "$work/venv/bin/python" "$here/official_client.py" "$url"
