"""Files to check, and C++ text with comments and literals told apart from code."""

import re
import subprocess
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path


@dataclass(frozen=True, order=True)
class Finding:
    path: str
    line: int
    rule: str
    what: str
    cure: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: [{self.rule}] {self.what}\n    cure: {self.cure}"


@dataclass(frozen=True)
class Literal:
    line: int
    text: str


_TOKEN = re.compile(
    r"""
    (?P<raw>\b(?:u8|[uUL])?R"(?P<delimiter>[^()\\\s]{0,16})\((?P<raw_text>.*?)\)(?P=delimiter)")
  | (?P<string>"(?P<text>(?:\\.|[^"\\\n])*)")
  | (?P<char>(?<![0-9a-fA-F_])'(?:\\.|[^'\\\n])+')
  | (?P<line_comment>//[^\n]*)
  | (?P<block_comment>/\*.*?\*/)
    """,
    re.VERBOSE | re.DOTALL,
)


def _blank(text: str) -> str:
    """Same length and same lines, nothing else."""
    return re.sub(r"[^\n]", " ", text)


@dataclass
class Source:
    """One file. `path` is relative to the root, with forward slashes."""

    path: str
    text: str
    _parts: list = field(default_factory=list, init=False, repr=False)

    @property
    def name(self) -> str:
        return self.path.rsplit("/", 1)[-1]

    @property
    def is_cpp(self) -> bool:
        return self.path.endswith((".cpp", ".h"))

    @property
    def is_header(self) -> bool:
        return self.path.endswith(".h")

    @property
    def is_test(self) -> bool:
        return bool(re.search(r"(_test\.(cpp|h)|\.test\.tsx?|/tests?/)", "/" + self.path))

    @property
    def is_repository(self) -> bool:
        """Where SQL may stand: a module's statements (repository) and its tables (schema)."""
        return bool(re.search(r"(^|_)(repository|schema)\.(cpp|h)$", self.name))

    def within(self, *folders: str) -> bool:
        return any(self.path.startswith(folder + "/") for folder in folders)

    def line_of(self, offset: int) -> int:
        return self.text.count("\n", 0, offset) + 1

    @cached_property
    def code(self) -> str:
        """The text with comments and the insides of literals blanked; offsets and lines stay. Includes stay too."""

        def replace(match: re.Match) -> str:
            whole = match.group(0)
            if match.group("string") is not None:
                start = self.text.rfind("\n", 0, match.start()) + 1
                if re.match(r"\s*#\s*include\b", self.text[start : match.start()]):
                    return whole
                return '"' + _blank(whole[1:-1]) + '"'
            return _blank(whole)

        return _TOKEN.sub(replace, self.text)

    @cached_property
    def literals(self) -> list[Literal]:
        """String literals; neighbors that the compiler joins are joined, since together they are one text."""
        found: list[Literal] = []
        end = None
        for match in _TOKEN.finditer(self.text):
            if match.group("line_comment") or match.group("block_comment") or match.group("char"):
                continue
            text = match.group("raw_text") if match.group("raw") else match.group("text")
            if end is not None and not self.code[end : match.start()].strip():
                found[-1] = Literal(found[-1].line, found[-1].text + text)
            else:
                found.append(Literal(self.line_of(match.start()), text))
            end = match.end()
        return found

    def allows(self, rule: str, line: int) -> bool:
        """`tidy-allow <rule>: <reason>` in a comment on the line or the one above."""
        lines = self.text.split("\n")
        wanted = re.compile(rf"tidy-allow {re.escape(rule)}: \S.{{9,}}")
        return any(wanted.search(lines[i]) for i in (line - 1, line - 2) if 0 <= i < len(lines))


def repository_root() -> Path:
    return Path(__file__).resolve().parents[3]


def tracked_paths(root: Path) -> list[str]:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "-co", "--exclude-standard"], cwd=root, check=True, capture_output=True
    ).stdout
    return sorted({p for p in listed.decode().split("\0") if p and (root / p).is_file() and not (root / p).is_symlink()})


def load(root: Path, path: str) -> Source | None:
    """None for what is not text."""
    data = (root / path).read_bytes()
    if b"\0" in data[:8192]:
        return None
    try:
        return Source(path, data.decode("utf-8"))
    except UnicodeDecodeError:
        return None
