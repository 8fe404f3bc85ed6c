"""Check the wording of pages, docstrings and comments: `python -m docs.prose [FILE ...]`.

proselint brings rules for English at large. `HOUSE` adds rules for phrases that a reader has to read twice.
"""

from __future__ import annotations

import ast
import io
import re
import subprocess
import sys
import tokenize
from collections.abc import Iterable, Iterator
from pathlib import Path

from proselint import checks
from proselint.registry import CheckRegistry
from proselint.registry.checks import Check
from proselint.tools import LintFile

ROOT = Path(__file__).parent.parent

# proselint's rules that are switched off, each with its reason.
OFF = {
    "restricted",  # lists of the thousand commonest words; proselint has them off as well
    "typography.symbols",  # the sources are plain ASCII but for a few signs; a browser draws them
    "typography.punctuation",  # "!!!!" and the like stand in examples only
    "lexical_illusions",  # takes a table's equal cells for a repeated word
    "misc.preferred_forms",  # wants "née" where a case is called "nee"
}

# A pattern, and what to write instead. The first group, where there is one, is the text complained about.
HOUSE: tuple[tuple[str, str], ...] = (
    (r"\bfor ever\b", "write `forever`, or say how long"),
    (r"\bmend(?:s|ed|ing)?\b", "write `fix`"),
    (r"\bone's own\b|\ban own\b", "name the owner, or write `custom`"),
    (r"\b(?:says?|said|tells?|told) of\b", "write `describe`, `report` or `list`"),
    (r"\bthat there (?:is|are)\b", "leave it out, or write `existing`"),
    (r"\b(?:is|are|was|be) dear\b", "write `expensive` or `slow`"),
    (r"\b(?:does|do|is|are|answers?|exists?) no more\b", "write `no longer`"),
    (r"\bof before\b|\bfrom before\b", "write `earlier` or `previous`"),
    (r"\bthe very\b", "write `the same`, or leave `very` out"),
    (r"\b(?:can|could|cannot|to) be had\b", "write `available`"),
    (r"\bnor (?:does|do|is|are|can|has|have) \w+", "write a second sentence"),
    (r"\b(?:ought|shall|whence|thereof|wherein|whereby|thereby|lest|upon)\b", "write plain English"),
)
# Only at the beginning of a docstring.
OPENING = re.compile(r"\A(?:What|Who|Whom|Whose|Where|Of|That)\b")


def pages(text: str) -> str:
    """Return the prose of a Markdown page: code, links' targets and comments become blanks of equal length."""
    blank = re.compile(
        r"^ *```.*?^ *```|<!--.*?-->|^---\n.*?\n---\n|`[^`\n]*`|(?<=\])\([^)\s]*\)|https?://\S+|^ {4}.*$",
        re.DOTALL | re.MULTILINE,
    )
    return blank.sub(_blank, text)


def _blank(match: re.Match[str]) -> str:
    return re.sub(r"[^\n]", "_" if match[0].startswith("`") and "\n" not in match[0] else " ", match[0])


def source(text: str) -> str:
    """Return the docstrings and comments of a Python file; all else becomes blanks of equal length."""
    kept: dict[int, list[str]] = {}
    lines = text.splitlines()

    def keep(line: int, start: int, stop: int) -> None:
        row = kept.setdefault(line, list(" " * len(lines[line - 1])))
        row[start:stop] = lines[line - 1][start:stop]

    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT and not re.match(r"# (?:noqa|type:|pragma|!)", token.string):
            keep(token.start[0], token.start[1] + 1, token.end[1])
    for constant in docstrings(text):
        for line in range(constant.lineno, (constant.end_lineno or constant.lineno) + 1):
            keep(line, 0, len(lines[line - 1]))
    prose = "\n".join("".join(kept.get(number, [])).replace('"""', "   ") for number in range(1, len(lines) + 1))
    return re.sub(r"``?[^`\n]*``?", _blank, prose)


def docstrings(text: str) -> Iterator[ast.Constant]:
    """Yield the node of each docstring: of modules, classes, functions, and of fields below their annotation."""
    for node in ast.walk(ast.parse(text)):
        for statement in getattr(node, "body", []) if not isinstance(node, ast.Lambda | ast.IfExp) else []:
            value = statement.value if isinstance(statement, ast.Expr) else None
            if isinstance(value, ast.Constant) and isinstance(value.value, str):
                yield value


def problems(path: Path) -> Iterator[str]:
    """Yield a line for each problem: file, line, the words and what to write instead."""
    name, text = path.relative_to(ROOT).as_posix(), path.read_text()
    is_page = path.suffix == ".md"
    prose = pages(text) if is_page else source(text)
    if not prose.strip():
        return
    for result in LintFile(name, prose).lint({"checks": ENABLED, "max_errors": 1000}):
        yield f"{name}:{result.pos[0]}: {result.check_result.message} ({result.check_result.check_path})"
    for pattern, remedy in HOUSE:
        for match in re.finditer(pattern, prose, re.IGNORECASE):
            yield f"{name}:{prose.count(chr(10), 0, match.start()) + 1}: '{match[0]}': {remedy} (house)"
    if not is_page:
        for constant in docstrings(text) if not name.startswith("tests/") else ():  # theirs say why, not what
            opening = OPENING.match(str(constant.value).strip())
            if opening:
                yield f"{name}:{constant.lineno}: '{opening[0]} …': begin with a verb or the noun that is meant (house)"


def _enabled(rules: Iterable[Check]) -> dict[str, bool]:
    """Return a switch for each of proselint's rules."""
    return {rule.path: not any(rule.matches_partial(prefix) for prefix in OFF) for rule in rules}


CheckRegistry().register_many(checks.__register__)
ENABLED = _enabled(checks.__register__)


def main(arguments: list[str]) -> int:
    """Check the files named, or else all that are held, and report each problem; exit status 1 if there is one."""
    listed = subprocess.run(
        ["/usr/bin/env", "git", "ls-files", "*.md", "*.py"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    held = [name for name in listed if (ROOT / name).exists()]
    found = [line for name in arguments or held for line in problems(ROOT / name)]
    for line in found:
        sys.stderr.write(f"{line}\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
