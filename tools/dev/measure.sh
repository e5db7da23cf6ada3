# shellcheck shell=bash
# ./dev bench and ./dev fuzz: whatever bench/ and fuzz/ build.
# bench/: executables *_bench, then bench/main.ts, which measures the real processes. fuzz/: libFuzzer executables
# *_fuzz, with seeds in fuzz/corpus/<name without _fuzz>/.

found() { # preset suffix
    find "$root/build/$1/bin" -maxdepth 1 -type f -name "*_$2" -perm -u+x 2>/dev/null | sort
}

bench_pages() { KARV_BIN_DIR="$root/build/release/bin" node bench/main.ts "$@"; }

bench_command() {
    local program programs
    case ${1:-} in -*) die "bench knows no option '$1'." ;; esac
    [[ -d $root/bench ]] || {
        skipped "benchmarks" "bench/ is not there yet"
        return 0
    }
    ensure_packages build run bench || return 1
    ensure_npm || return 1
    build_preset release || return 1
    build_web || return 1
    mapfile -t programs < <(found release bench)
    for program in "${programs[@]}"; do step "$(basename "$program")" "$program" || true; done
    if [[ -f $root/bench/main.ts ]]; then step "real processes against measured limits" bench_pages "$@" || true; fi
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
