"""The include graph of src/, measured, held against levels.toml, and drawn into ARCHITECTURE.md."""

import re
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from .source import Finding, Source

BEGIN = "<!-- levels: drawn by tools/tidy/levels --draw -->"
END = "<!-- levels: end -->"
_INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]+)"', re.MULTILINE)


@dataclass(frozen=True)
class Levels:
    level: dict[str, int]
    purpose: dict[str, str]
    only_for: dict[str, list[str]]

    @staticmethod
    def read(path: Path) -> "Levels":
        data = tomllib.loads(path.read_text())
        modules = data["module"]
        return Levels(
            {name: m["level"] for name, m in modules.items()},
            {name: m["is"] for name, m in modules.items()},
            {name: m["only_for"] for name, m in modules.items() if "only_for" in m},
        )


def module_of(path: str) -> str:
    """`ledger/account.h` -> ledger; `apps/server/main.cpp` -> apps/server."""
    parts = path.split("/")
    return "/".join(parts[:2]) if parts[0] == "apps" and len(parts) > 2 else parts[0]


@dataclass(frozen=True)
class Edge:
    path: str
    line: int
    source: str
    target: str
    in_test: bool


def edges(sources: Iterable[Source]) -> Iterator[Edge | Finding]:
    for source in sources:
        if not source.is_cpp or not source.within("src"):
            continue
        own = module_of(source.path.removeprefix("src/"))
        for match in _INCLUDE.finditer(source.code):
            line = source.line_of(match.start(1))
            if "/" not in match.group(1) or match.group(1).startswith("."):
                yield Finding(
                    source.path,
                    line,
                    "include-form",
                    f'#include "{match.group(1)}" does not name its module',
                    'write #include "module/file.h"; what comes from outside goes in angle brackets',
                )
                continue
            target = module_of(match.group(1))
            if target != own:
                yield Edge(source.path, line, own, target, source.is_test)


def check_edge(edge: Edge, levels: Levels) -> Iterator[Finding]:
    def finding(rule: str, what: str, cure: str) -> Finding:
        return Finding(edge.path, edge.line, rule, what, cure)

    if edge.target not in levels.level:
        yield finding(
            "unknown-module",
            f"includes {edge.target!r}, which tools/tidy/levels.toml does not know",
            "outside libraries go in angle brackets; a new module gets a level and a sentence there",
        )
        return
    if edge.source not in levels.level:
        return
    own, other = levels.level[edge.source], levels.level[edge.target]
    if other >= own:
        yield finding(
            "level",
            f"{edge.source} (level {own}) includes {edge.target} (level {other})",
            "include strictly lower levels: return a value, write an outbox row, or call an interface this module owns",
        )
    if edge.target in levels.only_for and edge.source not in levels.only_for[edge.target]:
        yield finding(
            "only-for",
            f"{edge.source} includes {edge.target}, which is for {', '.join(levels.only_for[edge.target])} alone",
            "speak to it over its private channel",
        )


def check_modules(sources: Iterable[Source], levels: Levels) -> Iterator[Finding]:
    seen: dict[str, str] = {}
    for source in sources:
        if source.is_cpp and source.within("src"):
            seen.setdefault(module_of(source.path.removeprefix("src/")), source.path)
    readmes = {s.path for s in sources}
    for module, path in sorted(seen.items()):
        if module not in levels.level:
            yield Finding(path, 1, "unknown-module", f"folder src/{module} has no level", "give it one in tools/tidy/levels.toml")
        # The programs are wiring: one README in src/apps speaks for all.
        if f"src/{module}/README.md" not in readmes and f"src/{module.split('/')[0]}/README.md" not in readmes:
            yield Finding(
                f"src/{module}", 1, "module-readme", "no README.md", "say in at most 60 lines what the module is and is not"
            )


def graph(found: Iterable[Edge]) -> dict[str, set[str]]:
    """Edges of the code itself; tests are checked but not drawn."""
    result: dict[str, set[str]] = defaultdict(set)
    for edge in found:
        if not edge.in_test:
            result[edge.source].add(edge.target)
    return result


def draw(modules: Iterable[str], includes: dict[str, set[str]], levels: Levels) -> str:
    present = sorted((m for m in modules if m in levels.level), key=lambda m: (levels.level[m], m))
    width = max([len(m) for m in present] + [6])
    lines = [BEGIN, "```", f"level  {'folder':<{width}}  includes"]
    for module in present:
        targets = sorted(includes.get(module, ()), key=lambda m: (levels.level.get(m, 99), m))
        lines.append(f"{levels.level[module]:>5}  {module:<{width}}  {' '.join(targets) or '-'}")
    return "\n".join(lines + ["```", END])


def section(document: str) -> str | None:
    start, end = document.find(BEGIN), document.find(END)
    return document[start : end + len(END)] if 0 <= start < end else None
