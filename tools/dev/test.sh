# shellcheck shell=bash
# ./dev test: every test there is. A group is skipped only while its folder does not exist, and says so.

# A package's own test script (node --run, because Debian's npm works under Debian's Node only). A group that runs no
# test, or never ends, has failed.
package_tests() { # folder
    local log="$root/build/tests-${1//\//-}.log"
    (cd "$root/$1" && timeout --kill-after=10 "${KARV_GROUP_TIMEOUT:-900}" node --run test) 2>&1 | tee "$log"
    local code=${PIPESTATUS[0]}
    if ((code == 124 || code == 137)); then say "$1 did not end within ${KARV_GROUP_TIMEOUT:-900} s: something is left open."; fi
    if ((code == 0)) && grep -qE '^(ℹ|#) tests 0$' "$log"; then
        say "$1 ran no test."
        return 1
    fi
    return "$code"
}

# Browser-free tests of all pages, by web/vitest.config.ts. Vitest fails by itself when it finds none.
web_unit_tests() { vitest run --root "$root/web"; }

with_executables() { # folder
    sanitizer_environment
    export KARV_BIN_DIR="$root/build/asan/bin" KARV_ARTIFACTS_DIR="$root/artifacts"
    mkdir -p "$KARV_ARTIFACTS_DIR"
    package_tests "$1"
}

on_postgres() { KARV_TEST_ENGINE=postgres with_executables "$@"; }

# AddressSanitizer keeps freed memory as it was and locks none, so the search of the vault's memory and its start in
# production need one vault without it: that one executable. KARV_PLAIN_VAULT tells the tests where it is, and that there
# is no excuse.
plain_vault() {
    build_preset dev karv-vault || return 1
    export KARV_PLAIN_VAULT="$root/build/dev/bin"
}
group_functional() {
    plain_vault || return 1
    group_folder "functional tests (real executables)" tests/functional with_executables
    group_folder "functional tests on PostgreSQL" tests/functional on_postgres
}
group_browser() {
    plain_vault || return 1
    group_folder "browser tests (artifacts/ keeps the screenshots)" tests/browser with_executables
}

# In a run of CI ./dev check has just run these, on the same executables: once is enough there.
group_unit() {
    if grep -qsP "\tok\tcheck\t\Q$unit_title\E$" "${KARV_STEPS_FOLDER:-}/times"; then
        note "$unit_title: green a moment ago, in ./dev check, on these executables"
    else
        step "$unit_title" unit_tests || true
    fi
}

# The payment server holds nothing of the vault: proved on the symbols that the linker put into it. The same search in
# karv-vault must find something, or the proof would say nothing.
symbols_of_vault() { llvm-nm-19 --demangle --defined-only "$root/build/asan/bin/$1" | grep -c 'karv::vault::'; }
separation() {
    local inside outside
    inside=$(symbols_of_vault karv-vault)
    outside=$(symbols_of_vault karv-server)
    say "symbols of karv::vault: $inside in karv-vault, $outside in karv-server"
    ((inside > 0)) || { say "karv-vault has none either: the search is wrong." && return 1; }
    ((outside == 0)) || { say "karv-server links the vault: find the include with tools/tidy/levels." && return 1; }
}
group_separation() {
    if [[ -x $root/build/asan/bin/karv-server && -x $root/build/asan/bin/karv-vault ]]; then
        step "karv-server holds nothing of the vault" separation
    else
        skipped "karv-server holds nothing of the vault" "the two executables are not there yet"
    fi
}

group_web() {
    if [[ -d $root/web ]]; then step "web unit tests" web_unit_tests; else skipped "web unit tests" "web/ is not there yet"; fi
}
group_folder() { # title folder runner
    if [[ -f $root/$2/package.json ]]; then step "$1" "$3" "$2"; else skipped "$1" "$2/package.json is not there yet"; fi
}

all_groups=(unit separation web sandbox functional browser)

test_command() {
    local group groups=("$@")
    for group in "${groups[@]}"; do
        [[ " ${all_groups[*]} " == *" $group "* ]] || die "There is no test group '$group'; there are: ${all_groups[*]}."
    done
    ((${#groups[@]})) || groups=("${all_groups[@]}")
    ensure_packages build test run || return 1
    ensure_npm || return 1
    mkdir -p "$root/build"
    # Only what the groups need; pages that do not build are counted, and the rest still runs.
    if [[ " ${groups[*]} " =~ \ (unit|separation|functional|browser)\  ]]; then build_preset asan || return 1; fi
    if [[ " ${groups[*]} " =~ \ (functional|browser)\  ]]; then build_web || true; fi
    for group in "${groups[@]}"; do
        case $group in
        unit) group_unit ;;
        separation) group_separation || true ;;
        web) group_web || true ;;
        sandbox) group_folder "sandbox tests" sandbox package_tests || true ;;
        functional)
            group_functional || true
            ;;
        browser) group_browser || true ;;
        esac
    done
}

# ThreadSanitizer for the modules that have threads.
threaded_modules=(base store net scheduler)

run_found() { # programs...
    local program code=0
    sanitizer_environment
    for program in "$@"; do
        note "$program"
        "$program" --gtest_brief=1 || code=1
    done
    return $code
}

san_command() {
    (($# == 0)) || die "san takes no arguments."
    local targets module
    ensure_packages build || return 1
    mkdir -p "$root/build"
    step "configure tsan" configure tsan || return 1
    mapfile -t targets < <(known_targets tsan "${threaded_modules[@]/%/_test}")
    for module in "${threaded_modules[@]}"; do
        [[ " ${targets[*]} " == *" ${module}_test "* ]] || skipped "${module} under ThreadSanitizer" "${module}_test is not there yet"
    done
    ((${#targets[@]})) || return 0
    step "build tsan (${targets[*]})" compile tsan "${targets[@]}" || return 1
    step "ThreadSanitizer" run_found "${targets[@]/#/$root/build/tsan/bin/}" || true
}
