#!/usr/bin/env bash
# Installs what is missing, asks nothing, and is quick where nothing is.
#   setup.sh build     what `cargo build` needs: Rust, a C and a C++ compiler, cmake, Python 3; and the library of ONNX
#                      Runtime, without which a run says of every model that it could not look
#   setup.sh test      and what `make test` needs: rustfmt, clippy, cargo-deny
#   setup.sh bench     and what `make bench` compares with (a Python environment of its own)
#   setup.sh accuracy  and what degrades images for `make accuracy` (the same)
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

# The library of ONNX Runtime out of its Python package, into .onnxruntime/lib: the package of any Python version holds
# the same one, so the Python here does not matter.
need_onnxruntime() {
    local wanted
    wanted=$(sed -n 's/^onnxruntime==\([0-9.]*\).*/\1/p' scripts/onnxruntime.txt)
    [ "$(cat .onnxruntime/version 2>/dev/null)" = "$wanted" ] && return
    say "installing ONNX Runtime $wanted from PyPI into .onnxruntime"
    local pip=(python3 -m pip)
    if ! "${pip[@]}" --version >/dev/null 2>&1; then
        make_venv .venv
        pip=(.venv/bin/python -m pip)
    fi
    rm -rf .onnxruntime
    mkdir -p .onnxruntime/wheel .onnxruntime/lib
    "${pip[@]}" download --quiet --no-deps --only-binary=:all: --python-version 3.12 --implementation cp --abi cp312 \
        --require-hashes --dest .onnxruntime/wheel -r scripts/onnxruntime.txt >&2 || return 1
    python3 - .onnxruntime <<'UNPACK' || return 1
import pathlib, sys, zipfile
home = pathlib.Path(sys.argv[1])
wheel = next((home / "wheel").glob("*.whl"))
with zipfile.ZipFile(wheel) as packed:
    for name in packed.namelist():
        short = name.rsplit("/", 1)[-1]
        if short.startswith("libonnxruntime."):
            (home / "lib" / short).write_bytes(packed.read(name))
        elif name in ("onnxruntime/LICENSE", "onnxruntime/ThirdPartyNotices.txt"):
            (home / short).write_bytes(packed.read(name))
UNPACK
    rm -rf .onnxruntime/wheel
    echo "$wanted" >.onnxruntime/version
}

build() { need_rust; need_python; need_compiler; need_cmake; }
ONNX_FAILED="ONNX Runtime could not be installed from PyPI (scripts/onnxruntime.txt)."

case "${1:-build}" in
    build)
        build
        need_onnxruntime || say "$ONNX_FAILED Models will not be used until it is." ;;
    test)
        build
        need_lints
        need_cargo_deny
        need_onnxruntime || fail "$ONNX_FAILED" ;;
    bench)
        build
        make_venv .venv-bench
        if ! .venv-bench/bin/python -c 'import pydicom, numpy, dcm2niix' 2>/dev/null; then
            say "installing the comparison software into .venv-bench"
            .venv-bench/bin/python -m pip install --quiet -r scripts/bench-requirements.txt
        fi ;;
    accuracy)
        build
        make_venv .venv-accuracy
        if ! .venv-accuracy/bin/python -c 'import numpy, scipy, skimage, pydicom, PIL' 2>/dev/null; then
            say "installing what degrades images into .venv-accuracy"
            .venv-accuracy/bin/python -m pip install --quiet -r scripts/accuracy-requirements.txt
        fi ;;
    browser)
        have chromium || have chromium-browser || have google-chrome || apt_install chromium ||
            fail "Chromium is missing and apt is not available."
        if have fc-list && [ -n "$(fc-list :lang=zh 2>/dev/null | head -n 1)" ]; then :; else
            apt_install fontconfig fonts-noto-cjk || fail "Chinese fonts are missing (fonts-noto-cjk)."
        fi ;;
    *) fail "unknown part '$1': build, test, bench, accuracy or browser" ;;
esac
