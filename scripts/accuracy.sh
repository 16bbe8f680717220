#!/usr/bin/env bash
# `make accuracy`: what is right and how often, written to docs/accuracy/: items of the catalogues by generated
# descriptions; slice geometry by random volumes; CT and MR slices by real defects and degraded images; decoded values, geometry, what each series is and the
# models of radiographs by the truth tables of the shared data, where it is there.
set -euo pipefail
cd "$(dirname "$0")/.."
HRGATE_BLESS=1 cargo test --locked --quiet --test item_accuracy -- --nocapture
HRGATE_BLESS=1 cargo test --locked --quiet --test geometry_draws -- --nocapture
shared=${HRGATE_SHARED:-../shared}
if [ ! -f "$shared/data/pixels.csv" ]; then
    echo "SKIPPED real-data: no data/pixels.csv in '$shared' (HRGATE_SHARED names another place)"
    exit 0
fi
HRGATE_BLESS=1 cargo test --locked --quiet --test geometry_truth -- --nocapture
HRGATE_BLESS=1 cargo test --locked --quiet --test series_truth -- --nocapture
python3 scripts/accuracy_xray.py "$shared/data"
cargo build --release --locked --bin hrgate
bash scripts/setup.sh accuracy
.venv-accuracy/bin/python scripts/accuracy_images.py "$shared/data" --hrgate target/release/hrgate
exec python3 scripts/accuracy.py target/release/hrgate "$shared/data"
