# shellcheck shell=bash
# What ./dev says: one heading per step, the time each took, and at the end where the time went.

if [[ -t 1 && -z "${NO_COLOR:-}" && -z "${CI:-}" ]]; then
    bold=$'\e[1m' dim=$'\e[2m' red=$'\e[31m' green=$'\e[32m' yellow=$'\e[33m' plain=$'\e[0m'
else
    bold='' dim='' red='' green='' yellow='' plain=''
fi

step_titles=()
step_seconds=()
step_outcomes=()
failures=0
started_at=$SECONDS

clock() { printf '%d:%02d' $(($1 / 60)) $(($1 % 60)); }
say() { printf '%s\n' "$*"; }
note() { printf '%s%s%s\n' "$dim" "$*" "$plain"; }
loud() { printf '%s!! %s%s\n' "$yellow" "$*" "$plain"; }
die() {
    printf '%s%s%s\n' "$red" "$*" "$plain" >&2
    exit 2
}

remember() { # title seconds outcome
    step_titles+=("$1")
    step_seconds+=("$2")
    step_outcomes+=("$3")
    if [[ -n "${KARV_TIMES_FILE:-}" ]]; then printf '%s\t%s\t%s\t%s\n' "$2" "$3" "${command_name:-}" "$1" >>"$KARV_TIMES_FILE"; fi
}

# step TITLE COMMAND...: runs it, streams its output, remembers the time. A failed step is counted, not fatal:
# the caller decides with `|| return 1` whether what follows still makes sense.
step() {
    local title=$1 begin=$SECONDS code=0
    shift
    printf '\n%s── %s%s %s(at %s)%s\n' "$bold" "$title" "$plain" "$dim" "$(clock $((SECONDS - started_at)))" "$plain"
    # bash ignores errexit in everything called from `||`, so steps do not rely on it: each says `|| return 1` itself.
    ("$@") || code=$?
    local took=$((SECONDS - begin))
    if ((code == 0)); then
        printf '%s   ok, %s%s\n' "$green" "$(clock $took)" "$plain"
        remember "$title" $took ok
    else
        printf '%s   FAILED (exit %d) after %s: %s%s\n' "$red" $code "$(clock $took)" "$title" "$plain"
        remember "$title" $took FAILED
        failures=$((failures + 1))
    fi
    return $code
}

# skipped TITLE REASON: for a group whose folder is not there yet. Loud, and listed again at the end.
skipped() {
    printf '\n%s── %s: SKIPPED, %s%s\n' "$yellow" "$1" "$2" "$plain"
    remember "$1 ($2)" 0 skipped
}

summary() {
    local total=$((SECONDS - started_at)) index
    printf '\n%sWhere the time went%s\n' "$bold" "$plain"
    for index in "${!step_titles[@]}"; do
        printf '%6s  %-7s %s\n' "$(clock "${step_seconds[$index]}")" "${step_outcomes[$index]}" "${step_titles[$index]}"
    done
    printf '%6s  %s\n' "$(clock $total)" "in all"
    if ((failures > 0)); then
        printf '%s%d of %d steps failed.%s\n' "$red" "$failures" "${#step_titles[@]}" "$plain"
        return 1
    fi
}
