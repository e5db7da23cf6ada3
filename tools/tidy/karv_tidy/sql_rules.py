"""One SQL text for SQLite and PostgreSQL. Applied to the literals of repository files and to db/**/*.sql.

Also: SQL stands in repository files and in src/store only.
"""

import re
from collections.abc import Iterator

from .source import Finding, Source

TYPES = ("BIGINT", "BYTEA", "TEXT")

_SQL = re.compile(
    r"^\s*(?:--[^\n]*\n\s*)*(?:SELECT\s.*?\bFROM\b|INSERT\s+(?:OR\s+\w+\s+)?INTO\b|UPDATE\s+\w+\s+SET\b|DELETE\s+FROM\b"
    r"|WITH\s+\w+(?:\s*\([^)]*\))?\s+AS\s*\(|(?:CREATE|ALTER|DROP)\s+(?:UNIQUE\s+)?(?:TABLE|INDEX)\b|PRAGMA\s+\w)",
    re.IGNORECASE | re.DOTALL,
)

_BANNED = [
    (r"::", "`::` is PostgreSQL's own cast", "write CAST($1 AS BIGINT)"),
    (r"\b(?:I?LIKE|GLOB|SIMILAR\s+TO)\b", "pattern matching differs between the engines", "look up by equality or by a blind index"),
    (
        r"\bnow\s*\(|\bCURRENT_(?:TIMESTAMP|DATE|TIME)\b|\bstrftime\s*\(|\bdatetime\s*\(|\brandom\s*\(",
        "time or chance taken from the database",
        "pass it as a parameter: both are injected",
    ),
    (r"\b(?:BOOLEAN|TRUE|FALSE)\b", "SQLite has no booleans", "use BIGINT with 0 and 1"),
    (r"\b(?:FROM|JOIN|AS|IN|WITH)\s*\(?\s*VALUES\b", "VALUES as a table", "bind the rows one by one, or SELECT ... UNION ALL"),
    (
        r"\bFOR\s+(?:NO\s+KEY\s+)?(?:UPDATE|SHARE)\b|\bSKIP\s+LOCKED\b|\bPRAGMA\b|\bINSERT\s+OR\b|\bAUTOINCREMENT\b|\b_?rowid\b"
        r"|\bWITHOUT\s+ROWID\b|\bIFNULL\s*\(|\bANY\s*\(|\bON\s+CONSTRAINT\b",
        "one engine's own way",
        "leave it to the driver in src/store",
    ),
    (r"\?", "a parameter without a number", "write $1..$n, each once, in order"),
]
_BANNED_COMPILED = [(re.compile(p, re.IGNORECASE), what, cure) for p, what, cure in _BANNED]
_COLUMN_WORDS = ("PRIMARY", "UNIQUE", "CHECK", "FOREIGN", "CONSTRAINT")


def is_sql(text: str) -> bool:
    return bool(_SQL.match(text))


def _matching(text: str, opening: int) -> int:
    """Offset of the parenthesis that closes the one at `opening`, or the end."""
    depth = 0
    for offset in range(opening, len(text)):
        depth += {"(": 1, ")": -1}.get(text[offset], 0)
        if depth == 0:
            return offset
    return len(text)


def _top_level(text: str) -> list[str]:
    parts, depth, start = [], 0, 0
    for offset, c in enumerate(text):
        depth += {"(": 1, ")": -1}.get(c, 0)
        if c == "," and depth == 0:
            parts.append(text[start:offset])
            start = offset + 1
    return parts + [text[start:]]


def _parameters(statement: str) -> Iterator[tuple[int, str, str]]:
    found = [int(n) for n in re.findall(r"\$(\d+)", statement)]
    if found != list(range(1, len(found) + 1)):
        yield (
            statement.index("$"),
            "parameters " + ", ".join(f"${n}" for n in found) + " are not $1..$n, each once, in order",
            "number them in the order they stand; pass a value twice rather than naming it twice",
        )


def _types(statement: str) -> Iterator[tuple[int, str, str]]:
    cure = "use BIGINT, BYTEA or TEXT; the SQLite driver maps them"
    for match in re.finditer(r"\bCAST\s*\(", statement, re.IGNORECASE):
        inside = statement[match.end() : _matching(statement, match.end() - 1)]
        kind = re.search(r"\bAS\s+(\w+)\s*$", inside, re.IGNORECASE)
        if not kind or kind.group(1).upper() not in TYPES:
            yield match.start(), f"CAST to {kind.group(1) if kind else 'nothing'}", cure
    create = re.search(r"\bCREATE\s+TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?\w+\s*\(", statement, re.IGNORECASE)
    columns = []
    if create:
        columns = _top_level(statement[create.end() : _matching(statement, create.end() - 1)])
        rest = statement[_matching(statement, create.end() - 1) + 1 :]
        if rest.strip():
            yield create.start(), f"table option {rest.strip()!r}", "leave STRICT and storage options to the driver"
    columns += re.findall(r"\bADD\s+COLUMN\s+([^,;]+)", statement, re.IGNORECASE)
    for column in columns:
        words = column.split()
        if not words or words[0].upper().split("(")[0] in _COLUMN_WORDS:
            continue
        kind = re.match(r"\w*", words[1]).group(0) if len(words) > 1 else "nothing"
        if kind.upper() not in TYPES:
            yield max(statement.find(column), 0), f"column {words[0]} has type {kind}", cure


def _sums(statement: str) -> Iterator[tuple[int, str, str]]:
    for match in re.finditer(r"\bSUM\s*\(", statement, re.IGNORECASE):
        after = statement[_matching(statement, match.end() - 1) + 1 :]
        before = statement[: match.start()]
        opened = re.search(r"\bCAST\s*\(\s*(COALESCE\s*\(\s*)?$", before, re.IGNORECASE)
        default = r"\s*,\s*0\s*\)" if opened and opened.group(1) else ""
        if not opened or not re.match(default + r"\s+AS\s+BIGINT\s*\)", after, re.IGNORECASE):
            yield match.start(), "SUM is numeric on PostgreSQL", "write CAST(SUM(x) AS BIGINT)"


def _writing_ctes(statement: str) -> Iterator[tuple[int, str, str]]:
    if re.match(r"\s*WITH\b", statement, re.IGNORECASE):
        inside = re.search(r"\(\s*(?:INSERT|UPDATE|DELETE)\b", statement, re.IGNORECASE)
        if inside:
            yield inside.start(), "a WITH that writes", "use two statements in one Tx: SQLite cannot do it"


def check_statement(statement: str) -> Iterator[tuple[int, str, str]]:
    """(offset, what, cure) for one statement whose comments and strings are blanked."""
    for pattern, what, cure in _BANNED_COMPILED:
        for match in pattern.finditer(statement):
            yield match.start(), f"{match.group(0).strip()!r}: {what}", cure
    for check in (_parameters, _types, _sums, _writing_ctes):
        yield from check(statement)


def blanked(text: str) -> str:
    return re.sub(r"--[^\n]*|'(?:''|[^'])*'", lambda m: re.sub(r"[^\n]", " ", m.group(0)), text)


def check_text(path: str, first_line: int, text: str) -> Iterator[Finding]:
    offset = 0
    clean = blanked(text)
    for statement in clean.split(";"):
        for at, what, cure in check_statement(statement):
            yield Finding(path, first_line + clean.count("\n", 0, offset + at), "sql", what, cure)
        offset += len(statement) + 1


def check_sql(source: Source) -> Iterator[Finding]:
    if source.path.startswith("db/") and source.path.endswith(".sql"):
        yield from check_text(source.path, 1, source.text)
    elif source.is_cpp and source.within("src") and source.is_repository:
        for literal in source.literals:
            if is_sql(literal.text):
                yield from check_text(source.path, literal.line, literal.text)


def check_sql_place(source: Source) -> Iterator[Finding]:
    if not source.is_cpp or not source.within("src") or source.within("src/store") or source.is_repository or source.is_test:
        return
    for literal in source.literals:
        if is_sql(literal.text):
            yield Finding(
                source.path,
                literal.line,
                "sql-outside-repository",
                f"SQL: {' '.join(literal.text.split())[:60]!r}",
                "move the statement to the module's repository.cpp as a named constant and call that",
            )


CHECKS = [check_sql, check_sql_place]
