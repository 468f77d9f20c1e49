#!/bin/sh
# Installs the wasm32-unknown-unknown standard library. POSIX sh, idempotent; called by `cargo xtask`.
# First by `rustup target add`; where rustup has no network, by building std from the sources of exactly
# this rustc: rustup's rust-src component if it is there, else Debian's package of the same version.
#
# Environment:
#   RUST_SRC_SUITES   Debian suites searched for rust-src (default: see below)
#   SETUP_NO_RUSTUP   set to 1 to skip `rustup target add` (used to test the fallback)
set -eu

TARGET=wasm32-unknown-unknown
tmp=

say() { printf '%s\n' "setup: $*" >&2; }
die() { say "ERROR: $*"; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }
cleanup() { [ -z "$tmp" ] || rm -rf -- "$tmp"; }
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
mktmp() { [ -n "$tmp" ] || tmp=$(mktemp -d "${TMPDIR:-/tmp}/unrolled-setup.XXXXXX"); }
limit() { # limit SECONDS CMD...: timeout where there is one
  s=$1; shift
  if have timeout; then timeout "$s" "$@"; else "$@"; fi
}

libdir() { printf '%s/lib/rustlib/%s/lib\n' "$(rustc --print sysroot)" "$TARGET"; }

# A std file being there is not enough: it must have been built by this very rustc.
target_works() {
  mktmp
  printf 'pub fn f(v: &[u32]) -> String { format!("{:?}", v.iter().collect::<Vec<_>>()) }\n' >"$tmp/probe.rs"
  rustc --edition 2021 --crate-type rlib --emit metadata --target "$TARGET" \
    -o "$tmp/probe.rmeta" "$tmp/probe.rs" >/dev/null 2>&1
}

# The base URI of the Debian archive this machine already uses, from its own apt sources.
debian_uri() {
  code=$(. /etc/os-release && printf '%s' "${VERSION_CODENAME:-}")
  apt-get indextargets --no-release-info \
    --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' 2>/dev/null |
    awk -v c="$code" '$3 == "main" && ($2 == c || $2 == "sid" || $2 == "unstable" || $2 == "testing") { print $1; exit }'
}

# rust_src_apt VERSION DIR: puts Debian's rust-src of exactly VERSION under DIR, prints the library dir.
# Uses its own apt state, cache and source list; the system's are not touched. Root is not needed.
rust_src_apt() {
  ver=$1; dir=$2
  uri=$(debian_uri)
  [ -n "$uri" ] || die "no Debian archive found among this machine's apt sources"
  ring=/usr/share/keyrings/debian-archive-keyring.gpg
  [ -r "$ring" ] || die "$ring is missing (package debian-archive-keyring)"
  mkdir -p "$dir/lists/partial" "$dir/cache/archives/partial" "$dir/parts" "$dir/x"
  code=$(. /etc/os-release && printf '%s' "${VERSION_CODENAME:-}")
  for suite in ${RUST_SRC_SUITES:-$code $code-backports trixie-backports forky sid}; do
    printf 'deb [signed-by=%s] %s %s main\n' "$ring" "$uri" "$suite" >"$dir/sources.list"
    set -- -q -o "Dir::Etc::sourcelist=$dir/sources.list" -o "Dir::Etc::sourceparts=$dir/parts" \
      -o "Dir::State::lists=$dir/lists" -o "Dir::Cache=$dir/cache" -o APT::Sandbox::User= \
      -o Acquire::Languages=none -o Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false \
      -o Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled=false -o Acquire::Retries=3 -o APT::Get::List-Cleanup=false
    say "looking for rust-src $ver in $suite"
    limit 300 apt-get "$@" update >"$dir/log" 2>&1 || { say "  (no usable index for $suite)"; continue; }
    full=$(apt-cache "$@" madison rust-src 2>/dev/null | awk -F'|' -v v="$ver" '{ gsub(/ /, "", $2); if (index($2, v "+") == 1 || index($2, v "~") == 1 || index($2, v "-") == 1) { print $2; exit } }')
    [ -n "$full" ] || continue
    say "downloading rust-src $full from $suite"
    (cd "$dir" && limit 900 apt-get "$@" download "rust-src=$full" >>"$dir/log" 2>&1) || { tail -3 "$dir/log" >&2; continue; }
    dpkg-deb --fsys-tarfile "$dir"/rust-src_*.deb | tar -x -C "$dir/x" --wildcards './usr/src/*/library/*' ||
      die "cannot unpack $dir/rust-src_*.deb"
    rm -f "$dir"/rust-src_*.deb
    set -- "$dir"/x/usr/src/*/library
    [ -f "$1/Cargo.toml" ] || die "no library/ in Debian's rust-src $full"
    printf '%s\n' "$1"
    return 0
  done
  die "no suite of $uri has rust-src $ver; install the target with 'rustup target add $TARGET' on a connected machine, or use a rustc whose rust-src Debian has"
}

build_std() { # build_std LIBRARY_DIR
  src=$1; out=$(libdir)
  case $out in *"/$TARGET/lib") ;; *) die "unexpected target libdir $out" ;; esac
  mkdir -p "$out" 2>/dev/null && [ -w "$out" ] || die "$out is not writable"
  set -- build --release --target "$TARGET" -p sysroot --features 'panic-unwind compiler-builtins-mem' --target-dir "$tmp/std"
  # (Debian's library/vendor lacks the dev-dependencies, so it cannot replace the registry here.)
  say "building the standard library for $TARGET (about half a minute on two cores)"
  ( cd "$src" && unset CARGO_TARGET_DIR CARGO_BUILD_TARGET CARGO_ENCODED_RUSTFLAGS CARGO_BUILD_RUSTFLAGS &&
    RUSTC_BOOTSTRAP=1 __CARGO_DEFAULT_LIB_METADATA=stablestd \
    RUSTFLAGS='-Zforce-unstable-if-unmarked -Cembed-bitcode=yes' cargo "$@" ) >"$tmp/std.log" 2>&1 ||
    { tail -20 "$tmp/std.log" >&2; die "the standard library did not build"; }
  rm -f "$out"/*.rlib "$out"/*.rmeta
  cp "$tmp/std/$TARGET/release/deps/"*.rlib "$out/"
  printf 'built by wasm-target.sh for %s\n' "$(rustc --version)" >"$out/BUILT-BY-SETUP"
}

# rustup's std and one built here must never lie side by side: rustc then finds 'multiple candidates'
# (E0464) for every crate. So before either goes in, whatever is there (and does not work) goes out.
clear_target() {
  root=$(rustc --print sysroot); list=$root/lib/rustlib/manifest-rust-std-$TARGET
  if [ -f "$list" ] && have rustup; then
    # rustup refuses to remove a component with a file missing
    sed -n 's/^file://p' "$list" | while IFS= read -r f; do
      [ -e "$root/$f" ] || { mkdir -p "$root/${f%/*}"; : >"$root/$f"; }
    done
    limit 60 rustup target remove "$TARGET" >/dev/null 2>&1 || :
  fi
  out=$(libdir)
  rm -f "$out"/*.rlib "$out"/*.rmeta "$out/BUILT-BY-SETUP"
}

do_target() {
  have rustc && have cargo || die "rustc and cargo are needed (https://rustup.rs)"
  if target_works; then say "target $TARGET: already works"; return; fi
  if have rustup && [ "${SETUP_NO_RUSTUP:-}" != 1 ]; then
    say "trying: rustup target add $TARGET"
    clear_target
    if limit 300 rustup target add "$TARGET" >/dev/null 2>&1 && target_works; then
      say "target $TARGET: installed by rustup"; return
    fi
    say "rustup cannot install it here; building it from source"
  fi
  mktmp
  ver=$(rustc -vV | sed -n 's/^release: //p')
  src=$(rustc --print sysroot)/lib/rustlib/src/rust/library
  if [ ! -f "$src/Cargo.toml" ]; then
    have apt-get && have dpkg-deb || die "no rust-src for rustc $ver: neither the rustup component nor apt"
    src=$(rust_src_apt "$ver" "$tmp/apt")
  fi
  build_std "$src"
  target_works || die "the standard library was built but rustc cannot use it"
  say "target $TARGET: built from source for rustc $ver"
}

do_target
