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
    if [[ -n "${KARV_STEPS_FOLDER:-}" ]]; then printf '%s\t%s\t%s\t%s\n' "$2" "$3" "${command_name:-}" "$1" >>"$KARV_STEPS_FOLDER/times"; fi
}

# what_failed TITLE LOG: the lines of a failed step that name what failed, else its last ones. They are said again at the
# very end of a run of CI, where somebody who has only the end of the output finds them.
what_failed() {
    local lines
    lines=$(sed $'s/\e\\[[0-9;]*[a-zA-Z]//g' "$2" |
        grep -aE '(^|[^a-z])FAIL|\(Failed\)|\(Timeout\)|: Failure$|^ *[✖×] |AssertionError|Error: |error: |error TS[0-9]|ERROR: |did not end within' |
        awk '!seen[$0]++' | tail -n 16)
    [[ -n $lines ]] || lines=$(tail -n 8 "$2")
    printf '%s:\n%s\n' "$1" "$(cut -c1-180 <<<"$lines" | sed 's/^ */    /')"
}

# step TITLE COMMAND...: runs it, streams its output, remembers the time. A failed step is counted, not fatal:
# the caller decides with `|| return 1` whether what follows still makes sense.
step() {
    local title=$1 begin=$SECONDS code=0
    shift
    printf '\n%s── %s%s %s(at %s)%s\n' "$bold" "$title" "$plain" "$dim" "$(clock $((SECONDS - started_at)))" "$plain"
    # bash ignores errexit in everything called from `||`, so steps do not rely on it: each says `|| return 1` itself.
    if [[ -n "${KARV_STEPS_FOLDER:-}" ]]; then
        local log="$KARV_STEPS_FOLDER/${command_name:-}-${#step_titles[@]}.log"
        ("$@") 2>&1 | tee "$log"
        code=${PIPESTATUS[0]}
        if ((code != 0)); then what_failed "$title" "$log" >>"$KARV_STEPS_FOLDER/failed"; fi
    else
        ("$@") || code=$?
    fi
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
