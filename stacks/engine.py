"""Run the Pulumi program in this process, with Pulumi's own Python runtime, and collect its outputs.

The monitor replaces Pulumi's engine: it passes each resource registration to a function of the caller. The program
cannot tell this from `pulumi up`, so it needs no branch for it.
"""

from __future__ import annotations

import asyncio
import gc
import json
import runpy
import shlex
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pulumi
from google.protobuf import empty_pb2
from pulumi.runtime import mocks, rpc
from pulumi.runtime import settings as runtime_settings
from pulumi.runtime.config import set_all_config
from pulumi.runtime.stack import run_in_stack

from stacks import ROOT
from stacks.command_line import CommandError
from stacks.invokes import answer
from stacks.yaml_files import read_yaml

MADE_UP = "made-up-by-the-local-run-for-a-secret"  # replaces every secret of a stack file
Create = Callable[[str, str, dict[str, Any]], tuple[str, dict[str, Any]]]
Ask = Callable[[str], dict[str, Any]]


@dataclass(frozen=True)
class Stack:
    """A stack's name and configuration, as the Pulumi CLI passes it to the program: each value as a string."""

    project: str
    name: str
    config: Mapping[str, str]
    secrets: frozenset[str] = frozenset()  # keys whose values are encrypted in the stack file

    @property
    def region(self) -> str:
        return self.config.get("aws:region", "us-east-1")

    @classmethod
    def load(cls, name: str, root: Path = ROOT) -> Stack:
        """Read Pulumi.yaml and Pulumi.<name>.yaml. CommandError if there is no such stack or YAML is broken."""
        project = read_yaml(root / "Pulumi.yaml")
        path = root / f"Pulumi.{name}.yaml"
        if not path.is_file():
            names = stack_names(root)
            add = f"; add it with: cp Pulumi.{(names or ['dev'])[0]}.yaml {shlex.quote(path.name)}"
            raise CommandError(f"stack must be one of {', '.join(names)}, got {name}{'' if '/' in name else add}")
        declared = {
            f"{project['name']}:{key}": declaration["default"]
            for key, declaration in project.get("config", {}).items()
            if "default" in declaration
        }
        configured = read_yaml(path).get("config") or {}
        if not isinstance(configured, dict):
            raise CommandError(f"{path.name} must have keys and values under config, got: {configured!r}")
        _check_prefix(path.name, project["name"], configured)
        # The emulator runs the function in this machine's Python, so the package is built for it.
        here = {f"{project['name']}:packagePlatform": "host"}
        values = {**declared, **configured, **here}
        config = {str(key): _as_string(str(key), _decrypted(value)) for key, value in values.items()}
        secrets = frozenset(str(key) for key, value in values.items() if _decrypted(value) != value)
        return cls(project["name"], name, config, secrets)


def stack_names(root: Path = ROOT) -> list[str]:
    """Return the names of the stacks that have a settings file in `root`, sorted."""
    return sorted(path.name.split(".")[1] for path in root.glob("Pulumi.*.yaml"))


class Monitor(mocks.MockMonitor):
    """Pulumi's in-process monitor, which also refuses repeated names and keeps the stack's outputs."""

    def __init__(self, resources: mocks.Mocks) -> None:
        super().__init__(resources)
        self.outputs: dict[str, Any] = {}
        self._urns: set[str] = set()

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 - the engine's name for it
        urn = self.make_urn(request.parent, request.type, request.name)
        if urn in self._urns and request.type != "pulumi:pulumi:Stack":  # set_mocks has registered one already
            raise CommandError(f"resource names must be unique, got {request.type} {request.name!r} twice")
        self._urns.add(urn)
        return _in_own_loop(super().RegisterResource, request)

    def Invoke(self, request: Any) -> Any:  # noqa: N802 - the engine's name for it
        return _in_own_loop(super().Invoke, request)

    def RegisterResourceOutputs(self, request: Any) -> Any:  # noqa: N802 - the engine's name for it
        if "::pulumi:pulumi:Stack::" in request.urn:
            outputs = rpc.deserialize_properties(request.outputs)
            # Without secrets, because people pass the file of outputs around; the emulator can tell the secrets.
            # set_mocks registers a stack too, without outputs: which of the two comes last is up to the threads.
            self.outputs |= {key: value for key, value in outputs.items() if not rpc.is_rpc_secret(value)}
        return empty_pb2.Empty()


def _in_own_loop(answer: Callable[[Any], Any], request: Any) -> Any:
    """Answer an RPC in an event loop that is closed. Pulumi's mocks would leave one open in each thread of a pool."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    try:
        return answer(request)
    finally:
        asyncio.set_event_loop(None)
        loop.close()


class Resources(mocks.Mocks):
    """Passes custom resources to `create`, and the program's invokes to `ask`."""

    def __init__(self, create: Create, ask: Ask) -> None:
        self._create = create
        self._ask = ask

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        if not args.custom:
            return "", {}  # a component: only its children are created
        return self._create(args.typ, args.name, unwrapped(args.inputs))

    def call(self, args: mocks.MockCallArgs) -> Any:
        return self._ask(args.token)


def unwrapped(value: Any) -> Any:
    """Unwrap secrets, as a provider receives them."""
    value = rpc.unwrap_rpc_secret(value)
    if isinstance(value, Mapping):
        return {key: unwrapped(member) for key, member in value.items()}
    return [unwrapped(member) for member in value] if isinstance(value, list) else value


def evaluate(stack: Stack, create: Create, program: Path = ROOT / "__main__.py", ask: Ask = answer) -> dict[str, Any]:
    """Run `program` for `stack` and return the stack's outputs. `create` gets each resource, `ask` each invoke.

    CommandError with one line if the program, its settings or a resource is refused.
    """
    monitor = Monitor(Resources(create, ask))
    run(stack, monitor, partial(run_file, program), program.name)
    return monitor.outputs


def run_file(path: Path) -> None:
    """Run a Python file as the main program."""
    runpy.run_path(str(path), run_name="__main__")


def run(stack: Stack, monitor: Monitor, program: Callable[[], None], name: str = "__main__.py") -> None:
    """Run a program for `stack` until all that it registers with `monitor` has settled. CommandError if it fails."""

    async def run_program() -> None:
        mocks.set_mocks(monitor.mocks, project=stack.project, stack=stack.name, preview=False, monitor=monitor)
        # A failed program leaves futures behind that nobody awaits. Its first error says it all.
        asyncio.get_running_loop().set_exception_handler(lambda *_: None)
        runtime_settings.SETTINGS.outputs.clear()  # they may belong to a failed program, whose event loop is closed
        set_all_config(dict(stack.config), list(stack.secrets))
        runtime_settings.set_root_resource(None)  # type: ignore[arg-type]  # run_in_stack makes its own
        await run_in_stack(program)

    gc.disable()  # as the program does, but for its imports too
    try:
        asyncio.run(run_program())
    except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever the program raises becomes one line
        raise _command_error(error, name) from None
    finally:
        gc.enable()


def _command_error(error: BaseException, program: str) -> CommandError:
    """Return the error as one line, with the last place in the program's own files."""
    chain = [error]
    while (cause := chain[-1].__cause__ or chain[-1].__context__) is not None and cause not in chain:
        chain.append(cause)
    for each in chain:
        if isinstance(each, CommandError):
            return each
        if isinstance(each, pulumi.RunError):
            return CommandError(str(each))
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if str(ROOT) in frame.filename]
    frames = [
        frame
        for frame in frames
        if not frame.filename.startswith((str(ROOT / "stacks"), str(ROOT / "local"), str(ROOT / ".venv")))
    ]
    place = f"{Path(frames[-1].filename).relative_to(ROOT)}:{frames[-1].lineno}" if frames else program
    text = " ".join(str(error).split())
    remedy = "; add its package to handler/requirements.in, then run: make lock install"
    is_missing = isinstance(error, ModuleNotFoundError)
    return CommandError(
        f"the program must run, but {place} raises {type(error).__name__}: {text}{remedy if is_missing else ''}"
    )


def _check_prefix(file: str, project: str, configured: Mapping[Any, Any]) -> None:
    """CommandError if all settings are those of another project: it was renamed, and would see none of them."""
    prefixes = {str(key).partition(":")[0] for key in configured if ":" in str(key)} - {"aws", "pulumi"}
    if prefixes and project not in prefixes and all(":" in str(key) for key in configured):
        found = ", ".join(sorted(prefixes))
        raise CommandError(f"{file} must have keys that begin with {project}:, the name in Pulumi.yaml, got {found}:")


def _decrypted(value: Any) -> Any:
    """Replace each secret with a made-up one: only the cloud's key could decrypt it."""
    if isinstance(value, Mapping):
        return MADE_UP if value.keys() == {"secure"} else {key: _decrypted(each) for key, each in value.items()}
    return [_decrypted(each) for each in value] if isinstance(value, list) else value


def _as_string(key: str, value: object) -> str:
    try:
        return value if isinstance(value, str) else json.dumps(value)
    except (TypeError, ValueError):
        raise CommandError(f"{key} must be text, a number, a boolean, a list or an object, got {value!r}") from None
