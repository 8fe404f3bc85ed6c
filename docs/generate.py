"""Write the parts of the documentation that follow from the code: `python -m docs.generate`, or --check."""

from __future__ import annotations

import argparse
import ast
import inspect
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from functools import cache, partial
from itertools import groupby, pairwise
from pathlib import Path
from typing import get_args, get_origin

from docs.changes import counts
from docs.imports import picture
from handler.errors import Refused
from operations.bill import Month, lines
from operations.capacity import Load, bounds, capacity_table
from operations.cost import about, cost_table
from operations.prices import read_prices
from policies.audit.allowed import as_markdown as allow_list
from policies.report import rules_as_markdown
from proof import access
from proof.attack import emulator
from proof.attack.cases import SCENARIOS, all_cases, stopped_by
from settings.model import GROUPS, SETTINGS, Setting
from settings.problems import key_of
from stacks.command_line import CommandError, Parser, run
from stacks.plan import plan_of

DOCS = Path(__file__).parent
ROOT = DOCS.parent


def configuration() -> str:
    """Return every setting by group, with its type, default and meaning."""
    rows: list[str] = []
    for title, group in _groups():
        rows += [f"### {title}", "", "| key | type | default | meaning |", "|---|---|---|---|"]
        for key, setting in group:
            default = "must be set" if setting.required else f"`{_as_json(setting.default)}`"
            rows.append(f"| `{key}` | {_type(setting) or 'structured'} | {default} | {description(setting)} |")
        for key, setting in group:
            rows += _members(key, setting)
        rows.append("")
    return "\n".join(rows[:-1])


def _members(key: str, setting: Setting) -> list[str]:
    """Return the members of the objects that a setting holds."""
    candidates = [setting.annotation, *get_args(setting.annotation)]
    found = next((each for each in candidates if is_dataclass(each) and isinstance(each, type)), None)
    if found is None:
        return []
    rows = ["", f"Members of `{key}`:", "", "| member | default | meaning |", "|---|---|---|"]
    for each in fields(found):
        member = Setting(None, each, None, secret=False)
        default = "must be set" if member.required else f"`{_as_json(member.default)}`"
        rows.append(f"| `{key_of(each.name)}` | {default} | {docstrings(found)[each.name]} |")
    return rows


def _as_json(value: object) -> str:
    """Return a default as a stack file would hold it; an object without members has all of its own defaults."""
    return json.dumps({} if is_dataclass(value) else value)


def declarations() -> str:
    """Return Pulumi.yaml's declarations: the description and default of each simple setting that has a default.

    Without a type, and without the required settings, the CLI refuses no value by itself: the program says more.
    """
    lines: list[str] = []
    for title, group in _groups():
        lines.append(f"  # {title}")
        for key, setting in group:
            if not setting.required and _type(setting) is not None:
                lines += [f"  {key}:", f"    description: {json.dumps(description(setting))}"]
                lines.append(f"    default: {json.dumps(setting.default)}")
    return "\n".join(lines)


def description(setting: Setting) -> str:
    """Return the docstring below the setting's field."""
    return docstrings(GROUPS[setting.group][1])[setting.name]


@cache
def docstrings(type_: type) -> Mapping[str, str]:
    """Read the docstring below each field of a dataclass from its source, since it is not there at run time."""
    found: dict[str, str] = {}
    for each in reversed(type_.__mro__[:-1]):
        (body,) = (node for node in ast.parse(inspect.getsource(each)).body if isinstance(node, ast.ClassDef))
        for node, after in pairwise(body.body):
            if (
                isinstance(node, ast.AnnAssign)
                and isinstance(after, ast.Expr)
                and isinstance(after.value, ast.Constant)
            ):
                found[ast.unparse(node.target)] = " ".join(str(after.value.value).split())
    return found


def _groups() -> list[tuple[str, list[tuple[str, Setting]]]]:
    return [
        (title, [(key, setting) for key, setting in SETTINGS.items() if setting.group == group])
        for group, (title, _) in GROUPS.items()
    ]


def _type(setting: Setting) -> str | None:
    """Return the type in Pulumi's words, or None if its project file cannot declare it."""
    names: dict[object, str] = {bool: "boolean", int: "integer"}
    if get_origin(setting.annotation) is Sequence:
        (item,) = get_args(setting.annotation)
        return "array" if isinstance(item, type) and issubclass(item, str) else None
    if isinstance(setting.annotation, type) and issubclass(setting.annotation, str):
        return "string"
    return names.get(setting.annotation)


def refusals() -> str:
    """Return the table of the function's refusals: status, reason code, message, headers and meaning."""
    rows = ["| status | reason in the log | message | headers | when |", "|---|---|---|---|---|"]
    for refusal in sorted(_leaves(Refused), key=lambda leaf: leaf.status):
        headers = [f"`WWW-Authenticate: {refusal.challenge}`"] if refusal.challenge else []
        headers += [f"`Retry-After: {refusal.retry_after}`"] if refusal.retry_after else []
        meaning = " ".join((refusal.__doc__ or "").split())
        cells = [str(refusal.status), f"`{refusal.reason}`", refusal.message, "<br>".join(headers), meaning]
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows)


def attacks() -> str:
    """Return every hostile request by id: the number of cases, their titles, the answers, and who must stop them."""
    rows = ["| id | cases | requests | function's answer | stopped by |", "|---|---|---|---|---|"]
    lines = [(case.id, case.title, case.statuses_alone) for case in all_cases()]
    lines += [(name[:3], title, ()) for name, title in SCENARIOS.items()]
    for id_, group in groupby(sorted(lines), key=lambda line: line[0]):
        cases = list(group)
        answers = ", ".join(map(str, sorted({status for _, _, statuses in cases for status in statuses})))
        titles = _few(_grouped(title for _, title, _ in cases))
        rows.append(f"| {id_} | {len(cases)} | {titles} | {answers or '-'} | {stopped_by(id_)} |")
    return "\n".join(rows)


def only_the_function() -> str:
    """Return the requests that the function stops and the emulator's gateway does not, by id."""
    rows = ["| id | requests | reason in the log | AWS on its gateway |", "|---|---|---|---|"]
    found = sorted(
        (case.id, emulator.aws_says(case), " ".join(case.reasons), case.title)
        for case in all_cases()
        if case.sent != "event" and emulator.passes(case)
    )
    for (id_, aws, reason), group in groupby(found, key=lambda line: line[:3]):
        titles = _few(_grouped(title for *_, title in group))
        rows.append(f"| {id_} | {titles} | `{reason}` | {aws} |")
    return "\n".join(rows)


def _grouped(titles: Iterable[str], most: int = 8) -> list[str]:
    """Return titles of the form `what: which` with one `what` as one title, with the first of its cases."""
    cases: dict[str, list[str]] = {}
    for title in titles:
        what, _, which = title.partition(": ")
        cases.setdefault(what, []).extend([which] if which else [])
    return [
        f"{what}: {', '.join(which[:most])}{f' and {len(which) - most} more' if len(which) > most else ''}"
        if which
        else what
        for what, which in cases.items()
    ]


def faults() -> str:
    """Return the table of the key endpoint's faults by id, named as the tests name them."""
    rows = ["| id | tests | faults |", "|---|---|---|"]
    named = sorted(re.findall(r"\[(J\d\d)-([^\]]+)\]", _collected("tests/handler/test_keys.py")))
    for id_, group in groupby(named, key=lambda pair: pair[0]):
        names = [name.replace("-", " ") for _, name in group]
        rows.append(f"| {id_} | {len(names)} | {_few(names)} |")
    return "\n".join(rows)


def _collected(path: str) -> str:
    """Return the names of a file's tests, as pytest collects them."""
    command = [sys.executable, "-m", "pytest", "--collect-only", "-p", "no:cacheprovider", path]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout


def _few(titles: Iterable[str], most: int = 4) -> str:
    """Return the first titles, without repeats, and the number of the others."""
    unique = [title.replace("|", "\\|").replace("<", "&lt;") for title in dict.fromkeys(titles)]
    shown = "; ".join(unique[:most])
    return shown if len(unique) <= most else f"{shown}; and {len(unique) - most} more"


def _leaves(kind: type[Refused]) -> list[type[Refused]]:
    """Return the refusals that can happen: those without a subclass."""
    below = kind.__subclasses__()
    return [leaf for sub in below for leaf in _leaves(sub)] if below else [kind]


def alarms() -> str:
    """Return the table of production's alarms: the condition, the first thing to do, and a link to the runbook."""
    rows = ["| alarm | begins when | first |", "|---|---|---|"]
    described: dict[str, str] = {}
    for resource in plan_of("prod").resources:
        found = re.fullmatch(r"(.*) First: (.*) Runbook: .*#(.*)", resource.inputs.get("alarmDescription") or "")
        if found and not found[2].startswith("nothing"):  # part of another alarm, which notifies nobody by itself
            meaning, first, section = found.groups()
            title = section.replace("-", " ").capitalize()
            described.setdefault(section, f"| [{title}](operations.md#{section}) | {meaning} | {first} |")
    return "\n".join([*rows, *(described[section] for section in sorted(described))])


def quotas() -> str:
    """Return production's quotas at 100 requests a second and 6,000 sign-ins an hour, the tightest first."""
    return capacity_table(bounds(plan_of("prod").settings, Load(rps=100, users=6_000)))


def bill(stack: str, month: Month | None = None) -> str:
    """Return the bill of one month of a stack."""
    plan, at = plan_of(stack), read_prices()
    return f"{about(plan, at)}.\n\n{cost_table(lines(plan, month or Month(), at))}"


def component_schema() -> str:
    """Return the schema of the components' package, which their own command prints."""
    command = [sys.executable, "components", "--schema"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout


# Without a marker the part is the whole file.
# Page, marker, and what stands between `<!-- marker -->` and `<!-- end -->` on it (in YAML `# <marker>` and `# <end>`).
PARTS: tuple[tuple[str, str, Callable[[], str]], ...] = (
    ("../Pulumi.yaml", "settings", declarations),
    ("../components/schema.json", "", component_schema),
    ("architecture.md", "rooms", picture),
    ("contributing.md", "changes", counts),
    ("configuration.md", "settings", configuration),
    ("security-model.md", "refusals", refusals),
    ("security-model.md", "attacks", attacks),
    ("security-model.md", "faults", faults),
    ("monitoring.md", "alarms", alarms),
    ("routes.md", "routes", access.markdown),
    ("audit.md", "allowed", allow_list),
    ("policies.md", "policies", rules_as_markdown),
    ("scale.md", "quotas", quotas),
    ("cost.md", "prod", partial(bill, "prod")),
    ("cost.md", "dev", partial(bill, "dev", Month(requests=10_000, users=10))),
    ("proof.md", "only-the-function", only_the_function),
)


def written(text: str, marker: str, part: str) -> str:
    """Return the page's text with the part between its markers; ValueError if the markers are missing."""
    if not marker:
        return part
    first, last = f"<!-- {marker} -->", "<!-- end -->"
    if first not in text:
        first, last = f"# <{marker}>", "  # <end>"
    before, start, rest = text.partition(f"{first}\n")
    _, end, after = rest.partition(last)
    if not start or not end:
        raise ValueError(f"the page must hold <!-- {marker} --> and <!-- end -->")
    return f"{before}{start}{part}\n{end}{after}"


def _parser() -> Parser:
    parser = Parser(prog="python -m docs.generate", description="Write the parts of the pages that follow from code.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit status 1 if a page is out of date")
    return parser


def _write(arguments: argparse.Namespace) -> None:
    stale = []
    for name, marker, make in PARTS:
        page = DOCS / name
        text = page.read_text()
        fresh = written(text, marker, make())
        if fresh != text:
            stale.append(name)
            if not arguments.check:
                page.write_text(fresh)
    if stale and arguments.check:
        raise CommandError(f"{', '.join(stale)} must be up to date; write them with: make docs")


def main(arguments: list[str] | None = None) -> int:
    """Write every part. With --check, only report the pages that are out of date, with exit status 1."""
    return run(_parser(), arguments, _write)


if __name__ == "__main__":
    sys.exit(main())
