# shellcheck shell=bash
# ./dev run: builds, then becomes `karv dev`, which starts and supervises everything else.

run_command() {
    local argument
    for argument in "$@"; do
        case $argument in
        --once) ;;
        *) die "run knows only --once, not '$argument'. ./dev run --help" ;;
        esac
    done
    ensure_packages build web run || return 1
    ensure_npm || return 1
    build_preset dev || return 1
    build_web || return 1
    [[ -x $root/build/dev/bin/karv ]] || die "The build made no build/dev/bin/karv."
    summary
    say
    say "Handing over to: karv dev $*"
    exec "$root/build/dev/bin/karv" dev "$@"
}

fmt_command() {
    (($# == 0)) || die "fmt takes no arguments."
    ensure_packages build || return 1
    ensure_npm || return 1
    step "format C++" format_cpp fix || true
    step "format the rest" format_web fix || true
}
