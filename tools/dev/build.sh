# shellcheck shell=bash
# Configuring and compiling. One build folder per preset: build/<preset>.

# A file that includes Beast takes 2 GB to compile with sanitizers: no more compilers than memory for them.
jobs() {
    local cores memory_gb
    cores=$(nproc)
    memory_gb=$(awk '/MemAvailable/ {print int($2 / 1048576)}' /proc/meminfo)
    local fit=$((memory_gb / 2))
    ((fit < 1)) && fit=1
    echo $((cores < fit ? cores : fit))
}

configure() { # preset
    cmake --preset "$1" -S "$root" >"$root/build/configure-$1.log" 2>&1 || {
        cat "$root/build/configure-$1.log"
        return 1
    }
}

compile() { # preset [targets...]
    local preset=$1
    shift
    NINJA_STATUS='[%f/%t, %e s] ' ninja -C "$root/build/$preset" -j "$(jobs)" "$@"
}

build_preset() { # preset [targets...]
    mkdir -p "$root/build"
    step "configure $1" configure "$1" || return 1
    step "build $1${2:+ (${*:2})}" compile "$@" || return 1
}

# Those of the named targets that the preset knows: a module that is not there yet has none.
known_targets() { # preset names...
    local preset=$1 all
    shift
    all=$(ninja -C "$root/build/$preset" -t targets all 2>/dev/null | sed -n 's/: .*//p')
    printf '%s\n' "$@" | grep -Fxf - <(printf '%s\n' "$all") | sort -u || true
}

build_web() {
    [[ -f $root/web/build.mjs ]] || {
        skipped "web pages" "web/build.mjs is not there yet"
        return 0
    }
    step "web pages" node web/build.mjs
}

sanitizer_environment() {
    export ASAN_OPTIONS="${ASAN_OPTIONS:-strict_string_checks=1:detect_stack_use_after_return=1:check_initialization_order=1:abort_on_error=0}"
    export UBSAN_OPTIONS="${UBSAN_OPTIONS:-print_stacktrace=1:halt_on_error=1}"
    export TSAN_OPTIONS="${TSAN_OPTIONS:-halt_on_error=1:second_deadlock_stack=1}"
    local symbolizer
    symbolizer=$(command -v llvm-symbolizer-19 || true)
    if [[ -n $symbolizer ]]; then
        export ASAN_SYMBOLIZER_PATH=$symbolizer TSAN_OPTIONS="$TSAN_OPTIONS:external_symbolizer_path=$symbolizer"
    fi
}
