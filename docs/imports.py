"""Read the imports of the whole project from its sources: by file, by module and by room (a folder at the top)."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).parent.parent

# From top to bottom: a room imports from the levels below its own, never from one above.
LAYOUT: tuple[tuple[str, ...], ...] = (
    ("docs", "tests", "benchmarks"),
    ("operations",),
    ("contract", "proof", "policies"),
    ("local",),
    ("stacks",),
    ("__main__",),
    ("settings",),
    ("components",),
    ("handler", "triggers"),
)

# What no import shows: the upper runs or packs the lower.
BESIDES: tuple[tuple[str, str, str], ...] = (("stacks", "runs", "__main__"), ("__main__", "packs", "triggers"))


@cache
def sources() -> tuple[str, ...]:
    """Return the path of every Python file of the project, relative to its root."""
    return tuple(sorted(path.relative_to(ROOT).as_posix() for path in ROOT.rglob("*.py") if ours(path)))


def ours(path: Path) -> bool:
    """Return whether a file is the project's: not an environment's, a running stack's or a front end's package."""
    return not any(part.startswith(".") or part == "node_modules" for part in path.relative_to(ROOT).parts)


def module_of(name: str) -> str:
    """Return a file's dotted module name: `settings/model.py` is `settings.model`."""
    return name.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def room_of(module: str) -> str:
    """Return the room that a module or a file is in; the program is the room `__main__`."""
    return module.replace("/", ".").removesuffix(".py").partition(".")[0]


@cache
def tree_of(name: str) -> ast.Module:
    """Return the syntax tree of a file."""
    return ast.parse((ROOT / name).read_text(), name)


@cache
def imports_of(name: str) -> tuple[str, ...]:
    """Return the full name of everything that a file imports, wherever in the file it does.

    Raise ValueError for a relative import outside of `components/`, whose modules are also imported under another name.
    """
    found: list[str] = []
    for node in ast.walk(tree_of(name)):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            if node.level and not name.startswith("components/"):
                raise ValueError(
                    f"{name}:{node.lineno} must import by full name: the program and Lambda's entry point do"
                )
            package = name.split("/")[: -node.level] if node.level else []
            module = ".".join([*package, *([node.module] if node.module else [])])
            found += [f"{module}.{alias.name}" for alias in node.names]
    return tuple(found)


def packages_of(name: str) -> set[str]:
    """Return the top-level packages that a file imports, without those of the standard library."""
    return {module.partition(".")[0] for module in imports_of(name)} - sys.stdlib_module_names


@cache
def module_graph() -> dict[str, set[str]]:
    """Return each module with the modules of this project that it imports."""
    modules = {module_of(name): name for name in sources()}

    def own(imported: str) -> str | None:
        return next((each for each in (imported, imported.rpartition(".")[0]) if each in modules), None)

    return {
        module: {found for imported in imports_of(name) if (found := own(imported)) and found != module}
        for module, name in modules.items()
    }


def arrows() -> dict[tuple[str, str], set[str]]:
    """Return each pair of rooms of which the first imports the second, with the importing modules."""
    found: dict[tuple[str, str], set[str]] = {}
    for module, imported in module_graph().items():
        for other in imported:
            if room_of(other) != room_of(module):
                found.setdefault((room_of(module), room_of(other)), set()).add(module)
    return found


def circle(graph: Mapping[str, set[str]]) -> list[str]:
    """Return a circle of imports, its first member again at the end; empty if there is none."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        members: list[str] = error.args[1]
        return members[::-1]
    return []


def picture() -> str:
    """Return the rooms and the imports between them as a Mermaid diagram; the tests import from everywhere."""
    pairs = sorted(pair for pair in arrows() if "tests" not in pair)
    rooms = {room for pair in pairs for room in pair} | {room for upper, _, lower in BESIDES for room in (upper, lower)}
    lines = ["```mermaid", "flowchart TD"]
    for level in LAYOUT:
        lines += [f"  {_node(room)}" for room in level if room in rooms]
    lines += [f"  {_id(upper)} --> {_id(lower)}" for upper, lower in pairs]
    lines += [f"  {_id(upper)} -. {does} .-> {_id(lower)}" for upper, does, lower in BESIDES]
    return "\n".join([*lines, "```"])


def _node(room: str) -> str:
    return 'program["__main__.py"]' if room == "__main__" else f'{room}["{room}/"]'


def _id(room: str) -> str:
    return "program" if room == "__main__" else room


def signatures(name: str) -> Iterator[tuple[str, str]]:
    """Yield every annotation of a file that another module can see, with the name it belongs to."""
    body: list[tuple[str, ast.AST]] = [("", node) for node in tree_of(name).body]
    for prefix, node in body:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            body += [(f"{node.name}.", inner) for inner in node.body]
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not _private(node.name):
            given = node.args
            for each in (*given.posonlyargs, *given.args, *given.kwonlyargs, given.vararg, given.kwarg):
                if each and each.annotation:
                    yield f"{prefix}{node.name}({each.arg})", ast.unparse(each.annotation)
            if node.returns:
                yield f"{prefix}{node.name}", ast.unparse(node.returns)
        elif isinstance(node, ast.AnnAssign) and not _private(ast.unparse(node.target)):
            yield f"{prefix}{ast.unparse(node.target)}", ast.unparse(node.annotation)


def _private(name: str) -> bool:
    return name.startswith("_") and name != "__init__"
