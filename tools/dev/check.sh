# shellcheck shell=bash
# ./dev check: everything that can be said about the code without playing a purchase.

tracked() { git -C "$root" ls-files -z -co --exclude-standard -- "$@"; }
existing() { while IFS= read -r -d '' file; do [[ -f $root/$file ]] && printf '%s\0' "$file"; done || true; }

format_cpp() { # check | fix
    local arguments=(--dry-run -Werror)
    [[ $1 == fix ]] && arguments=(-i)
    tracked '*.cpp' '*.h' | existing | xargs -0 -r clang-format-19 "${arguments[@]}"
}

format_web() { # check | fix
    local argument=--check
    [[ $1 == fix ]] && argument=--write
    prettier --cache --cache-location "$root/node_modules/.cache/prettier" --log-level warn $argument .
}

house_rules() { python3 tools/tidy/tidy; }
house_rules_tests() { python3 -m unittest discover -q -s tools/tidy/tests -t tools/tidy; }
levels() {
    if [[ $1 == fix ]]; then python3 tools/tidy/levels --draw || return 1; fi
    python3 tools/tidy/levels
}

unit_title='unit tests (ASan, UBSan)'
unit_tests() {
    sanitizer_environment
    ctest --test-dir "$root/build/asan" --output-on-failure --no-tests=error -j "$(nproc)" --timeout "${KARV_TEST_TIMEOUT:-300}"
}

web_lint() { # check | fix
    local fix=()
    [[ $1 == fix ]] && fix=(--fix)
    eslint --max-warnings 0 --cache --cache-location "$root/node_modules/.cache/eslint" "${fix[@]}" .
}

web_types() {
    local config code=0
    while IFS= read -r -d '' config; do
        note "tsc -p $config"
        tsc -p "$config" --noEmit || code=1
    done < <(tracked 'tsconfig.json' '*/tsconfig.json' | existing)
    return $code
}

# C++ sources that differ from where this work began: origin/main when it is behind us, else the commit before.
changed_sources() {
    local base=''
    if base=$(git -C "$root" merge-base HEAD origin/main 2>/dev/null) && [[ $base != "$(git -C "$root" rev-parse HEAD)" ]]; then
        :
    else
        base=$(git -C "$root" rev-parse -q --verify HEAD~1 2>/dev/null || true)
    fi
    {
        if [[ -n $base ]]; then git -C "$root" diff -z --name-only --diff-filter=d "$base" -- 'src/*.cpp'; fi
        git -C "$root" ls-files -z -o --exclude-standard -- 'src/*.cpp'
    } | sort -zu
}

tidy_cpp() {
    local count
    git -C "$root" rev-parse -q --verify HEAD~1 >/dev/null || loud "no earlier commit to compare with (a shallow clone?)"
    count=$(changed_sources | tr -cd '\0' | wc -c)
    note "$count changed files"
    changed_sources | xargs -0 -r -n 1 -P "$(jobs)" clang-tidy-19 --quiet -p "$root/build/asan" --warnings-as-errors='*'
}

check_command() {
    local mode=check
    while (($#)); do
        case $1 in
        -f | --fix) mode=fix ;;
        *) die "check knows only -f, not '$1'. ./dev check --help" ;;
        esac
        shift
    done
    ensure_packages build test || return 1
    # Without git's list of files every rule would pass on nothing.
    [[ -n "$(git -C "$root" ls-files | head -1)" ]] || die "git lists no files here. ./dev doctor says why."
    ensure_npm || return 1
    step "format of C++" format_cpp $mode || true
    step "format of the rest" format_web $mode || true
    step "house rules" house_rules || true
    step "house rules' own tests" house_rules_tests || true
    step "levels of the include graph" levels $mode || true
    step "web lint" web_lint $mode || true
    step "web types" web_types || true
    if build_preset asan; then
        step "$unit_title" unit_tests || true
        step "clang-tidy on changed files" tidy_cpp || true
    fi
}
