"""Rules on C++ that are one pattern and the places where it may not stand."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from .source import Finding, Source


@dataclass(frozen=True)
class Pattern:
    rule: str
    pattern: re.Pattern
    what: str
    cure: str
    only_in: tuple[str, ...] = ("src",)
    never_in: tuple[str, ...] = ()
    tests_too: bool = True


PATTERNS = [
    Pattern(
        "float-money",
        re.compile(r"\b(?:float|double|stod|stof|strtod|atof)\b|(?<![\w.])\d+\.\d+(?![\w.])"),
        "floating point where money, rates or dates are decided",
        "use money::Money, money::Rate and mul_div with a named rounding",
        only_in=("src/money", "src/ledger", "src/credit", "src/calendar", "src/orders", "src/rails"),
    ),
    Pattern(
        "wall-clock",
        re.compile(r"\bsystem_clock::now\b|\bgettimeofday\s*\(|\btime\s*\(\s*(?:nullptr|NULL|0)\s*\)"),
        "reads the machine's clock",
        "take a base::Clock (business or wall) from the caller, so that time can be moved and replayed",
        never_in=("src/base",),
    ),
    Pattern(
        "memcmp",
        re.compile(r"\bmemcmp\s*\("),
        "memcmp stops at the first difference and so tells a secret's prefix",
        "compare secrets with the constant-time compare; compare other bytes with == or std::ranges::equal",
    ),
    Pattern(
        "asio-outside-net",
        re.compile(r"#\s*include\s*[<\"]boost/(?:asio|beast)\b"),
        "Asio or Beast outside src/net (10 s of compile time, and sockets in the core)",
        "return a Call and let the shell make it; sockets belong to src/net",
        never_in=("src/net",),
    ),
    Pattern(
        "openssl-outside-crypto",
        re.compile(r"#\s*include\s*[<\"]openssl/"),
        "OpenSSL outside src/crypto and src/net",
        "use the functions of src/crypto; add one there if none fits",
        never_in=("src/crypto", "src/net"),
    ),
    Pattern(
        "coroutine-outside-net",
        re.compile(r"\bco_(?:await|return|yield)\b"),
        "a coroutine outside src/net and src/apps",
        "use cases are ordinary functions; return a Call for what must wait",
        never_in=("src/net", "src/apps"),
    ),
    Pattern(
        "unannotated-mutex",
        re.compile(r"\bstd::(?:mutex|recursive_mutex|shared_mutex|lock_guard|scoped_lock)\b"),
        "std::mutex is not annotated: -Wthread-safety cannot see it",
        "use base::Mutex and its lock from base/mutex.h",
        never_in=("src/base",),
        tests_too=False,
    ),
]


def check_patterns(source: Source) -> Iterator[Finding]:
    if not source.is_cpp:
        return
    for p in PATTERNS:
        if not source.within(*p.only_in) or source.within(*p.never_in) or (source.is_test and not p.tests_too):
            continue
        for match in p.pattern.finditer(source.code):
            yield Finding(source.path, source.line_of(match.start()), p.rule, f"{match.group(0)!r}: {p.what}", p.cure)


def check_header(source: Source) -> Iterator[Finding]:
    if not source.is_header or not source.within("src"):
        return
    if len(re.findall(r"^#pragma once$", source.text, re.MULTILINE)) != 1:
        yield Finding(
            source.path, 1, "pragma-once", "no `#pragma once`", "put `#pragma once` after the opening comment"
        )
    opening = re.match(r"(?://[^\n]*\n)+", source.text)
    words = re.findall(r"\w+", opening.group(0)) if opening else []
    if len(words) < 5:
        yield Finding(
            source.path,
            1,
            "header-opening",
            "the header does not open with a comment block",
            "say what it is, what it is not, who uses it, and the source that dictates its behavior",
        )


CHECKS = [check_patterns, check_header]
