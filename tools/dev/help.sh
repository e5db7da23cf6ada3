# shellcheck shell=bash
# What ./dev help and ./dev <command> --help say.

help_overview() {
    cat <<'T'
./dev COMMAND [options]     the one way in, for people and for CI

  run [--once]    build everything and start it; --once plays one purchase in a browser and exits
  test [group..]  every test: unit, separation, web, sandbox, functional, browser
  check [-f]      format, house rules, levels, build, unit tests, web lint, clang-tidy on what changed
  san             ThreadSanitizer over the modules with threads
  bench           measure, next to the limit of this machine
  torture         kill -9, failing disk, full disk: nothing that was answered may be lost
  fuzz [name]     libFuzzer, 30 s for each door
  fmt             format C++ and the rest
  doctor          what is missing or wrong on this machine, and the cure
  help [command]  this, or a command in detail

A fresh Debian 12 and a clone are enough: each command installs what it misses (as root or with sudo), says what it
does, shows how long each step took, and exits 0 only when everything it did was right.
Environment: CI=true (no color), NO_COLOR, KARV_TEST_TIMEOUT=seconds per unit test executable (300),
KARV_GROUP_TIMEOUT=seconds per group of functional, browser or sandbox tests (900).
T
}

help_run() {
    cat <<'T'
./dev run            build the dev preset and the pages, then start `karv dev` and leave it up until Ctrl-C
./dev run --once     the same, then play one purchase in headless Chromium, print its timeline and exit 0

While it is up
  https://shop.localhost:8446           the demo shop; its /sandbox/mail shows the mails, /sandbox/network the card network
  https://pay.localhost:8443/account    the shopper's account
  var/dev/merchant.json                 base_url, username, password and ca_file for any HTTP client
Data lives in var/dev; remove that folder to start afresh. A browser of your own needs the authority in var/dev once.
Every *.localhost name leads to this machine in browsers and curl; programs connect to 127.0.0.1.
T
}
help_test() {
    cat <<'T'
./dev test                     build with AddressSanitizer and UBSan, then run every group
./dev test unit functional     only these groups

  unit        GoogleTest and RapidCheck executables beside the code, through ctest
  separation  karv-server holds nothing of the vault, by its symbols
  web         the pages' own tests, without a browser
  sandbox     the card network, mail catcher and demo shop
  functional  the real executables on free ports: API, bad input, crashes
  browser     Debian's Chromium: the purchase, accessibility, the canary; screenshots in artifacts/. Builds karv-vault
              once more, without sanitizers (preset dev): only there can its memory be searched
A group whose folder does not exist yet is skipped, and said so. A failing group does not keep the others from running.
T
}
help_check() {
    cat <<'T'
./dev check        report; changes nothing
./dev check -f     fix what can be fixed (formats, lint fixes, the drawing of levels), then report

  format        clang-format-19, prettier
  house rules   tools/tidy: what the compiler cannot say; each breach names its cure
  levels        the include graph of src/ against tools/tidy/levels.toml, and its drawing in ARCHITECTURE.md
  web           eslint with types, tsc for every tsconfig.json
  build, unit   the asan preset, warnings are errors; ctest
  clang-tidy    C++ sources changed since origin/main, or since the commit before
T
}
help_san() {
    cat <<'T'
./dev san    build base, store, net and scheduler tests with ThreadSanitizer and run them
These are the modules that own threads or locks. Everything else runs on their threads and shares nothing.
T
}
help_bench() {
    cat <<'T'
./dev bench                              build the release preset and measure: our figure, the limit measured in the same
                                         run, the ratio; about 25 minutes, on a machine that does nothing else
./dev bench quick                        only shows that everything works
./dev bench --only ledger                one part (repeatable): store, reads, purchases, offered, ledger, vault, postgres,
                                         offered-postgres, growth
./dev bench --only growth --orders 10000000
                                         up to ten million orders instead of one
./dev bench --compare OLD.json           also what became better or worse than an earlier result
./dev bench --json FILE                  where the result goes (build/bench/bench.json); the figures as SVG beside it

Limits: nginx, bare SQLite, bare PostgreSQL, pgbench. bench/README.md explains the lines.
T
}
help_torture() {
    cat <<'T'
./dev torture                                 build the dev preset, then 200 rounds of kill -9, a failing and a full disk
./dev torture --rounds 1000 --only kill       more rounds, nothing else; parts: kill, faults, disk, failover (repeatable)
./dev torture --rounds 50 --seed 7            the moments of an earlier run
./dev torture --engine postgres               kill -9 on the other engine, and fail-overs to a standby (as root)

  kill    shoppers buy; a process is killed at a random moment and started again; what was not answered is sent again
          with its key; then everything the shop wrote down is held against API, tables, ledger and audit chain
  faults  the same while libfiu lets fdatasync and pwrite fail, cut short or say ENOSPC
  disk    the database on a small file system that is filled under load and freed again
Prints a table and writes build/torture.json. Exits 1 when anything was lost, doubled or otherwise wrong, and keeps the
data folder with the shop's journal. What is promised: docs/operations/durability.md.
T
}
help_fuzz() {
    local names
    names=$(cd "$root/fuzz" 2>/dev/null && printf '%s ' *_fuzz.cpp)
    cat <<T
./dev fuzz                       every fuzzer for 30 s, with sanitizers
./dev fuzz --seconds 600 json    one of them, longer; there are: ${names//_fuzz.cpp/}
Seeds are in fuzz/corpus/<name>/, what is found is kept in build/fuzz/found/<name>/. A crash file there makes the step fail:
run the same executable with the file as its argument to see it again. Mended, it joins the seeds, which ./dev test runs
without a fuzzer.
T
}
help_fmt() { echo "./dev fmt    clang-format-19 over C++, prettier over TypeScript, CSS, HTML, JSON and YAML. Changes files in place."; }
help_doctor() { echo "./dev doctor    looks at machine, packages, npm, ports and builds; explains what is wrong and the cure. Changes nothing."; }

help_help() { help_overview; }

help_command() {
    if (($# == 0)); then
        help_overview
    elif declare -F "help_$1" >/dev/null && [[ $1 != overview && $1 != command ]]; then
        "help_$1"
    else
        die "There is no command '$1'. ./dev help lists them."
    fi
}
