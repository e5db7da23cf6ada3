"""Sizes: function 70 lines, source 600, header 300, a module's README 60. What outgrows them has two ideas in it."""

import re
from collections.abc import Iterator

from .source import Finding, Source

FUNCTION_LINES = 70
SOURCE_LINES = 600
HEADER_LINES = 300
README_LINES = 60
SOURCES = (".cpp", ".ts", ".tsx", ".mjs", ".js", ".py", ".sh", ".css", ".sql")

_SCOPE = re.compile(r"\b(?:namespace|class|struct|union|enum|extern)\b")
_INITIALIZERS = re.compile(r"\)[^:]*(?<!:):(?!:)")


def check_file_size(source: Source) -> Iterator[Finding]:
    lines = source.text.count("\n")
    limit = None
    if source.path.endswith(".h"):
        limit = HEADER_LINES
    elif source.path.endswith(SOURCES):
        limit = SOURCE_LINES
    elif re.fullmatch(r"src/(?:apps/)?[^/]+/README\.md", source.path):
        limit = README_LINES
    if limit is not None and lines > limit:
        yield Finding(
            source.path, 1, "file-size", f"{lines} lines, at most {limit}", "find the second idea in it and give it a file"
        )


def _opens_function(before: str) -> bool:
    """`before` is what stands between the last statement and this brace, outside of any function."""
    text = before.strip()
    if "(" not in text or text.endswith(("=", ",", "(", "return")):
        return False
    head = text[: text.index("(")]
    return not _SCOPE.search(re.sub(r"<[^<>]*>", "", head)) or bool(re.search(r"\b(?:operator|auto)\b", head))


def functions(code: str) -> Iterator[tuple[int, int]]:
    """(offset of the opening brace, offset of the closing one) of every outermost function body."""
    stack: list[str] = []
    before, start = "", 0
    for offset, c in enumerate(code):
        inside = "function" in stack
        if c == "{":
            if inside:
                stack.append("block")
            elif re.search(r"[\w>]\s*$", before) and _INITIALIZERS.search(before):
                stack.append("initializer")
            elif _opens_function(before):
                stack.append("function")
                start = offset
            else:
                stack.append("scope")
                before = ""
        elif c == "}" and stack:
            kind = stack.pop()
            if kind == "function":
                yield start, offset
            before = before + "{}" if kind == "initializer" else ("" if "function" not in stack else before)
        elif not inside:
            before = "" if c == ";" else before + c


def check_function_size(source: Source) -> Iterator[Finding]:
    if not source.is_cpp:
        return
    code = re.sub(r"^[ \t]*#(?:[^\n\\]|\\.)*", lambda m: re.sub(r"[^\n]", " ", m.group(0)), source.code, flags=re.M | re.S)
    for start, end in functions(code):
        lines = code.count("\n", start, end) + 1
        if lines > FUNCTION_LINES:
            yield Finding(
                source.path,
                source.line_of(start),
                "function-size",
                f"a function of {lines} lines, at most {FUNCTION_LINES}",
                "name its parts and let each be a function",
            )


CHECKS = [check_file_size, check_function_size]
