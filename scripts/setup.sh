#!/usr/bin/env bash
# Installs what is missing, asks nothing, and is quick where nothing is.
#   setup.sh build     what `cargo build` needs: Rust, a C and a C++ compiler, cmake, Python 3
#   setup.sh test      and what `make test` needs: rustfmt, clippy, cargo-deny
#   setup.sh bench     and what `make bench` compares with (a Python environment of its own)
#   setup.sh browser   and Chromium with Chinese fonts, to look at report pages
set -euo pipefail
cd "$(dirname "$0")/.."
export DEBIAN_FRONTEND=noninteractive PIP_DISABLE_PIP_VERSION_CHECK=1
export PATH="$PWD/.venv/bin:$PWD/target/tools/bin:$HOME/.cargo/bin:$PATH"

say() { printf 'setup: %s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }
can_apt() { have apt-get && [ "$(id -u)" = 0 ]; }

apt_updated=no
apt_install() {
    can_apt || return 1
    if [ "$apt_updated" = no ]; then
        apt-get update -qq >&2 || return 1
        apt_updated=yes
    fi
    say "installing with apt: $*"
    apt-get install -y -qq --no-install-recommends "$@" </dev/null >&2
}

need_python() {
    have python3 || apt_install python3 || fail "Python 3 is missing. Install it (Debian: apt install python3)."
}

# A Python environment: make_venv FOLDER
make_venv() {
    [ -x "$1/bin/python" ] && "$1/bin/python" -m pip --version >/dev/null 2>&1 && return
    need_python
    rm -rf "$1"
    if ! python3 -m venv "$1" >/dev/null 2>&1; then
        rm -rf "$1"
        apt_install python3-venv || fail "Python cannot make an environment. Install python3-venv."
        python3 -m venv "$1"
    fi
}

need_rust() {
    have cargo || fail "Rust is missing. Install it from https://rustup.rs (version $(rust_wanted) or newer), then run this again."
    local wanted got
    wanted=$(rust_wanted)
    got=$(rustc --version | cut -d' ' -f2)
    [ "$(printf '%s\n%s\n' "$wanted" "${got%%-*}" | sort -V | head -n 1)" = "$wanted" ] ||
        fail "Rust $got is too old; $wanted or newer is needed (rustup update stable)."
}
rust_wanted() { sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml; }

need_compiler() {
    if { have cc || have gcc || have clang; } && { have c++ || have g++ || have clang++; }; then return; fi
    apt_install gcc g++ libc6-dev ||
        fail "A C and a C++ compiler are missing. Install them (Debian: apt install gcc g++; macOS: xcode-select --install)."
}

# cmake builds the bundled JPEG and JPEG-LS codecs.
need_cmake() {
    have cmake && cmake --version >/dev/null 2>&1 && return
    apt_install cmake make && return
    say "installing cmake from PyPI into .venv"
    make_venv .venv
    .venv/bin/python -m pip install --quiet 'cmake>=3.20,<4' ||
        fail "cmake is missing and PyPI could not be reached. Install cmake."
}

need_lints() {
    cargo fmt --version >/dev/null 2>&1 || rustup component add rustfmt >&2 || fail "rustfmt is missing (rustup component add rustfmt)."
    cargo clippy --version >/dev/null 2>&1 || rustup component add clippy >&2 || fail "clippy is missing (rustup component add clippy)."
}

# Built once, into cargo's own bin folder, so that a clean clone does not build it again.
need_cargo_deny() {
    cargo deny --version >/dev/null 2>&1 && return
    say "building cargo-deny (once, several minutes)"
    CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_OPT_LEVEL=1 CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 \
        CARGO_PROFILE_RELEASE_DEBUG=0 cargo install --quiet --locked --version "$DENY_VERSION" cargo-deny ||
        fail "cargo-deny could not be installed (cargo install --locked cargo-deny)."
}
DENY_VERSION=0.20.2

build() { need_rust; need_python; need_compiler; need_cmake; }

case "${1:-build}" in
    build) build ;;
    test) build; need_lints; need_cargo_deny ;;
    bench)
        build
        make_venv .venv-bench
        if ! .venv-bench/bin/python -c 'import pydicom, numpy, dcm2niix' 2>/dev/null; then
            say "installing the comparison software into .venv-bench"
            .venv-bench/bin/python -m pip install --quiet -r scripts/bench-requirements.txt
        fi ;;
    browser)
        have chromium || have chromium-browser || have google-chrome || apt_install chromium ||
            fail "Chromium is missing and apt is not available."
        if have fc-list && [ -n "$(fc-list :lang=zh 2>/dev/null | head -n 1)" ]; then :; else
            apt_install fontconfig fonts-noto-cjk || fail "Chinese fonts are missing (fonts-noto-cjk)."
        fi ;;
    *) fail "unknown part '$1': build, test, bench or browser" ;;
esac
