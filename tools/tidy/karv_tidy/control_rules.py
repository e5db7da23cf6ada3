"""The table of controls in docs/vault.md: each control that must be there has a line, and each test it names exists."""

import re
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase

from .source import Finding, Source

TABLE = "docs/vault.md"
# What the vault must prove, and what it proves besides.
REQUIRED = frozenset([*range(9, 32), 40, 46, 47, 48])

_ROW = re.compile(r"^\|\s*(\d+(?:\s*,\s*\d+)*)\s*\|[^|]*\|([^|]*)\|\s*$")
_CPP_TEST = re.compile(r"^(?:TEST|TEST_F|TEST_P|RC_GTEST_PROP|RC_GTEST_FIXTURE_PROP)\(\s*(\w+),\s*(\w+)", re.MULTILINE)
_TS_TEST = re.compile(r"\b(?:test|step|describe|it)(?:\.\w+)*\(\s*(['\"`])((?:\\.|(?!\1).)*)\1", re.DOTALL)


def _says(name: str, control: int) -> bool:
    """`control_26_and_27_...`, `control 40: ...`"""
    return bool(re.search(rf"control[_ ](?:\d+[_ ,]+(?:and[_ ])?)*{control}(?!\d)", name))


class Tests:
    """Every test there is, by its name: C++ as Suite.name, TypeScript by file."""

    def __init__(self, sources: Iterable[Source]) -> None:
        self.cpp: list[str] = []
        self.files: dict[str, list[str]] = {}
        for source in sources:
            if source.is_cpp and "_test" in source.name:
                self.cpp += [f"{suite}.{name}" for suite, name in _CPP_TEST.findall(source.text)]
            elif source.path.endswith(".test.ts"):
                self.files[source.path] = [name for _, name in _TS_TEST.findall(source.text)]

    def named(self, name: str) -> list[str] | None:
        """The names of the tests that an entry of the table stands for; None: there is no such test."""
        if "/" in name:
            return self.files.get(name)
        return [one for one in self.cpp if fnmatchcase(one, name)] or None


def check_controls(table: Source, sources: Iterable[Source]) -> Iterator[Finding]:
    tests = Tests(sources)
    seen: set[int] = set()
    for line, text in enumerate(table.text.split("\n"), 1):
        row = _ROW.match(text)
        if row is None:
            continue
        controls = [int(number) for number in row.group(1).split(",")]
        seen.update(controls)
        found: list[str] = []
        for name in re.findall(r"`([^`]+)`", row.group(2)):
            named = tests.named(name)
            if named is None:
                yield Finding(table.path, line, "control-test", f"there is no test {name}", "name the one that there is")
            elif not any(_says(one, control) for one in named for control in controls):
                yield Finding(
                    table.path, line, "control-test", f"no test of {name} says that it is for this control", "name it control_N_..."
                )
            else:
                found += named
        for control in controls:
            if not any(_says(one, control) for one in found):
                yield Finding(table.path, line, "control-test", f"control {control} has no test by its name", "write one")
    for control in sorted(REQUIRED - seen):
        yield Finding(table.path, 1, "control-line", f"control {control} has no line in the table", "add it, with its test")
