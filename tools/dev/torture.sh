# shellcheck shell=bash
# ./dev torture: tests/torture against the dev preset (libfiu and sanitizers do not go together).

torture_rounds() { KARV_BIN_DIR="$root/build/dev/bin" node "$root/tests/torture/main.ts" "$@"; }

torture_command() {
    ensure_packages build web run torture || return 1
    ensure_npm || return 1
    build_preset dev karv karv-server karv-vault || return 1
    build_web || return 1
    step "torture" torture_rounds "$@"
}
