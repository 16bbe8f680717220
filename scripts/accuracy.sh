#!/usr/bin/env bash
# `make accuracy`: holds `hrgate pixels` against the truth table of the shared data.
set -euo pipefail
cd "$(dirname "$0")/.."
shared=${HRGATE_SHARED:-../shared}
if [ ! -f "$shared/data/pixels.csv" ]; then
    echo "SKIPPED real-data: no data/pixels.csv in '$shared' (HRGATE_SHARED names another place)"
    exit 0
fi
cargo build --release --locked --bin hrgate
exec python3 scripts/accuracy.py target/release/hrgate "$shared/data"
