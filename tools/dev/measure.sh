# shellcheck shell=bash
# ./dev bench (bench/main.ts on a release build) and ./dev fuzz (libFuzzer executables *_fuzz, with seeds in
# fuzz/corpus/<name without _fuzz>/).

measure() { KARV_BIN_DIR="$root/build/release/bin" node bench/main.ts "$@"; }

bench_command() {
    ensure_packages build test web run bench || return 1
    ensure_npm || return 1
    build_preset release karv karv-server karv-vault store_bench ledger_bench vault_bench load same_rows grow || return 1
    build_web || return 1
    step "measure" measure "$@"
}

fuzz_one() { # program seconds
    local name corpus work
    name=$(basename "$1" _fuzz)
    corpus="$root/fuzz/corpus/$name"
    work="$root/build/fuzz/found/$name"
    mkdir -p "$work"
    sanitizer_environment
    local seeds=()
    [[ -d $corpus ]] && seeds=("$corpus")
    "$1" -max_total_time="$2" -rss_limit_mb=2048 -timeout=10 -print_final_stats=1 -verbosity=0 \
        -artifact_prefix="$work/" "$work" "${seeds[@]}"
}

fuzz_command() {
    local seconds=30 only='' program programs
    while (($#)); do
        case $1 in
        --seconds)
            (($# > 1)) || die "--seconds needs a number."
            seconds=$2
            shift
            ;;
        -*) die "fuzz knows --seconds N and a fuzzer's name, not '$1'." ;;
        *) only=$1 ;;
        esac
        shift
    done
    [[ $seconds =~ ^[0-9]+$ ]] || die "--seconds takes a whole number, not '$seconds'."
    [[ -d $root/fuzz ]] || {
        skipped "fuzzers" "fuzz/ is not there yet"
        return 0
    }
    ensure_packages build || return 1
    local targets
    mkdir -p "$root/build"
    step "configure fuzz" configure fuzz || return 1
    mapfile -t targets < <(ninja -C "$root/build/fuzz" -t targets all | sed -n 's/^\([a-z0-9_]*_fuzz\): .*/\1/p' | grep -v '^cmake_' | sort -u)
    if [[ -n $only ]]; then
        [[ " ${targets[*]} " == *" ${only%_fuzz}_fuzz "* ]] || die "There is no fuzzer '$only'; there are: ${targets[*]%_fuzz}."
        targets=("${only%_fuzz}_fuzz")
    fi
    ((${#targets[@]})) || die "fuzz/ has no *_fuzz target."
    step "build fuzz (${targets[*]})" compile fuzz "${targets[@]}" || return 1
    programs=("${targets[@]/#/$root/build/fuzz/bin/}")
    for program in "${programs[@]}"; do
        step "$(basename "$program"), $seconds s" fuzz_one "$program" "$seconds" || true
    done
}
