#!/usr/bin/env bash
# What `make run` does after the build: judge a folder and say where the report is.
#   run.sh HRGATE STUDIES REPORTS [more words for `hrgate run`]
set -euo pipefail
hrgate=$1 studies=$2 reports=$3
shift 3
[ -e "$studies" ] || { echo "There is no '$studies'. Name a folder: make run STUDIES=/path/to/studies" >&2; exit 74; }

registry=()
case " $* " in
    *" --registry"*) ;;
    *) [ -f "$studies/institutions.toml" ] && registry=(--registry "$studies/institutions.toml") ;;
esac

status=0
"$hrgate" run "$studies" --reports "$reports" ${registry[@]+"${registry[@]}"} "$@" || status=$?

# 0, 10 and 11 are verdicts (all pass, some review, some fail), not faults.
case $status in
    0 | 10 | 11) ;;
    *) exit "$status" ;;
esac
newest=$(ls -1dt "$reports"/*/index.html 2>/dev/null | head -n 1 || true)
[ -n "$newest" ] || { echo "The run ended without a report in '$reports'." >&2; exit 1; }
echo
echo "The report: $newest"
