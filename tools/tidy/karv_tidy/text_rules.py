"""Rules on every text file: no card numbers, no unfinished business without an issue."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

from .source import Finding, Source

CODE = (".cpp", ".h", ".ts", ".tsx", ".mjs", ".js", ".py", ".sh", ".css", ".html", ".sql", ".cmake", ".yml", ".yaml", ".toml")

# 13 to 19 digits in a row, or grouped as printed on cards (4-4-4-1..7 or 4-6-5, one kind of separator).
_DIGITS = re.compile(
    r"(?<![\w.])(?:\d{13,19}|\d{4}([ -])\d{4}\1\d{4}\1\d{1,4}(?:\1\d{1,3})?|\d{4}([ -])\d{6}\2\d{5})(?![\w]|\.\d)",
    re.ASCII,
)

# First digits of the brands (ISO/IEC 7812 issuer identification numbers, as the brands publish them), with lengths.
_BRANDS = [
    (range(4, 5), (13, 16, 19)),  # Visa
    (range(51, 56), (16,)),  # Mastercard
    (range(2221, 2721), (16,)),  # Mastercard
    (range(34, 35), (15,)),  # American Express
    (range(37, 38), (15,)),
    (range(300, 306), tuple(range(14, 20))),  # Diners
    (range(36, 37), tuple(range(14, 20))),
    (range(38, 40), tuple(range(14, 20))),
    (range(3528, 3590), tuple(range(16, 20))),  # JCB
    (range(50, 51), tuple(range(13, 20))),  # Maestro
    (range(56, 70), tuple(range(13, 20))),  # Maestro, Discover, UnionPay
]


def luhn(digits: str) -> bool:
    total = 0
    for index, c in enumerate(reversed(digits)):
        value = int(c) * (2 if index % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def looks_like_card(digits: str) -> bool:
    in_range = any(
        len(digits) in lengths and int(digits[: len(str(prefixes.start))]) in prefixes for prefixes, lengths in _BRANDS
    )
    return in_range and luhn(digits)


def allowed_cards(root: Path) -> frozenset[str]:
    path = root / "tests/shared/test_cards.json"
    return frozenset(card["number"] for card in json.loads(path.read_text())) if path.exists() else frozenset()


def check_cards(source: Source, allowed: frozenset[str]) -> Iterator[Finding]:
    for match in _DIGITS.finditer(source.text):
        digits = re.sub(r"\D", "", match.group(0))
        if digits in allowed or not looks_like_card(digits):
            continue
        yield Finding(
            source.path,
            source.line_of(match.start()),
            "card-number",
            f"digits that look like a card number ({digits[:2]}..{digits[-2:]}, {len(digits)} digits)",
            "use a number of tests/shared/test_cards.json, or make one at run time",
        )


_UNFINISHED = re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME)\b(?!\(#\d+\))")


def check_unfinished(source: Source) -> Iterator[Finding]:
    if not source.path.endswith(CODE):
        return
    for match in _UNFINISHED.finditer(source.text):
        yield Finding(
            source.path,
            source.line_of(match.start()),
            "unfinished",
            f"{match.group(0)} without an issue number",
            f"finish it, or write {match.group(0)}(#123) with the issue that will",
        )
