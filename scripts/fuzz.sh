#!/usr/bin/env bash
# Fuzzes every target for so many minutes (30), two at a time: fuzz.sh [MINUTES [TARGET…]]. What is found lies in fuzz/artifacts; keep it,
# once it is mended, in tests/fuzz_cases.
set -euo pipefail
cd "$(dirname "$0")/.."
minutes=${1:-30}
shift || true
targets=("$@")
[ ${#targets[@]} -gt 0 ] || targets=(pixels store header discovery policy manifest)
cargo +nightly fuzz --version >/dev/null 2>&1 ||
    { echo "fuzz: install a nightly compiler (rustup toolchain install nightly) and cargo-fuzz (cargo install cargo-fuzz)" >&2; exit 1; }
cargo test --locked --test fuzz_cases facts_as_seeds -- --ignored >/dev/null
python3 scripts/fuzz_seeds.py fuzz/corpus
cargo +nightly fuzz build
programs=fuzz/target/$(rustc -vV | sed -n 's/^host: //p')/release
export ASAN_OPTIONS=detect_odr_violation=0:detect_leaks=0
one() {
    mkdir -p "fuzz/artifacts/$1"
    if "$programs/$1" "fuzz/corpus/$1" -max_total_time=$((minutes * 60)) -timeout=60 -rss_limit_mb=4000 -max_len=65536 \
        -print_final_stats=1 -artifact_prefix="fuzz/artifacts/$1/" >"fuzz/artifacts/$1.log" 2>&1; then
        echo "$1: $(sed -n 's/^stat::number_of_executed_units: *//p' "fuzz/artifacts/$1.log") inputs, nothing found"
    else
        echo "$1: FOUND, see fuzz/artifacts/$1.log"
        return 1
    fi
}
failed=0
for ((at = 0; at < ${#targets[@]}; at += 2)); do
    jobs=()
    for target in "${targets[@]:at:2}"; do
        one "$target" &
        jobs+=($!)
    done
    for job in "${jobs[@]}"; do wait "$job" || failed=1; done
done
exit "$failed"
