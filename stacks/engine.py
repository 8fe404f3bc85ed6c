"""Runs the Pulumi program in this process, with Pulumi's own Python runtime, and collects its outputs.

The monitor here takes the place of Pulumi's engine: each resource registration goes to `local.provider`. The program
sees what it would see under `pulumi up`, so it needs no branch for this.
"""

from __future__ import annotations

import asyncio
import gc
import json
import runpy
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pulumi
import yaml
from google.protobuf import empty_pb2
from pulumi.runtime import mocks, rpc
from pulumi.runtime import settings as runtime_settings
from pulumi.runtime.config import set_all_config
from pulumi.runtime.stack import run_in_stack

from stacks import ROOT
from stacks.command_line import CommandError

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # ten times as fast, wherever PyYAML has libyaml
MADE_UP = "made-up-by-the-local-run-for-a-secret"  # what every secret of a stack file is here
Create = Callable[[str, str, dict[str, Any]], tuple[str, dict[str, Any]]]
Ask = Callable[[str], dict[str, Any]]


@dataclass(frozen=True)
class Stack:
    """A stack's name and configuration, as the Pulumi CLI would hand it to the program: each value as a string."""

    project: str
    name: str
    config: Mapping[str, str]
    secrets: frozenset[str] = frozenset()  # keys that are encrypted

    @property
    def region(self) -> str:
        return self.config.get("aws:region", "us-east-1")

    @classmethod
    def load(cls, name: str, root: Path = ROOT) -> Stack:
        """Read Pulumi.yaml and Pulumi.<name>.yaml. CommandError if there is no such stack or YAML is broken."""
        project = _yaml(root / "Pulumi.yaml")
        path = root / f"Pulumi.{name}.yaml"
        if not path.is_file():
            names = ", ".join(stack_names(root))
            raise CommandError(f"stack must be one of {names}, got {name}; add it with: pulumi stack init {name}")
        declared = {
            f"{project['name']}:{key}": declaration["default"]
            for key, declaration in project.get("config", {}).items()
            if "default" in declaration
        }
        configured = _yaml(path).get("config") or {}
        # The function runs in this machine's own Python, so its package is built for it.
        here = {f"{project['name']}:packagePlatform": "host"}
        values = {**declared, **configured, **here}
        config = {key: _as_string(_decrypted(value)) for key, value in values.items()}
        secrets = frozenset(key for key, value in values.items() if _decrypted(value) != value)
        return cls(project["name"], name, config, secrets)


def stack_names(root: Path = ROOT) -> list[str]:
    """Return the names of the stacks that have a settings file in `root`, sorted."""
    return sorted(path.name.split(".")[1] for path in root.glob("Pulumi.*.yaml"))


class Monitor(mocks.MockMonitor):
    """Pulumi's in-process monitor, with the two checks it leaves out and the stack's outputs it drops."""

    def __init__(self, resources: mocks.Mocks) -> None:
        super().__init__(resources)
        self.outputs: dict[str, Any] = {}
        self._urns: set[str] = set()

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 - the engine's name for it
        urn = self.make_urn(request.parent, request.type, request.name)
        if urn in self._urns and request.type != "pulumi:pulumi:Stack":  # set_mocks has registered one of its own
            raise CommandError(f"resource names must be unique, got {request.type} {request.name!r} twice")
        self._urns.add(urn)
        return _in_own_loop(super().RegisterResource, request)

    def Invoke(self, request: Any) -> Any:  # noqa: N802 - the engine's name for it
        return _in_own_loop(super().Invoke, request)

    def RegisterResourceOutputs(self, request: Any) -> Any:  # noqa: N802 - the engine's name for it
        if "::pulumi:pulumi:Stack::" in request.urn:
            outputs = rpc.deserialize_properties(request.outputs)
            # Who needs a secret here asks the emulator; a file of outputs is passed around.
            self.outputs = {key: value for key, value in outputs.items() if not rpc.is_rpc_secret(value)}
        return empty_pb2.Empty()


def _in_own_loop(answer: Callable[[Any], Any], request: Any) -> Any:
    """Answer an RPC, which comes in a thread of a pool. Pulumi's mocks would leave an event loop open in each."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    try:
        return answer(request)
    finally:
        asyncio.set_event_loop(None)
        loop.close()


class _Resources(mocks.Mocks):
    def __init__(self, create: Create, ask: Ask) -> None:
        self._create = create
        self._ask = ask

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        if not args.custom:
            return "", {}  # a component: its children are what is created
        return self._create(args.typ, args.name, unwrapped(args.inputs))

    def call(self, args: mocks.MockCallArgs) -> Any:
        return self._ask(args.token)


def unwrapped(value: Any) -> Any:
    """Unwrap secrets, as a provider receives them."""
    value = rpc.unwrap_rpc_secret(value)
    if isinstance(value, Mapping):
        return {key: unwrapped(member) for key, member in value.items()}
    return [unwrapped(member) for member in value] if isinstance(value, list) else value


def unanswered(token: str) -> dict[str, Any]:
    raise CommandError(f"{token} must be mapped in stacks/mappings: the program asks AWS for data there")


def evaluate(
    stack: Stack, create: Create, program: Path = ROOT / "__main__.py", ask: Ask = unanswered
) -> dict[str, Any]:
    """Run `program` for `stack`, handing each resource to `create` and each question to `ask`; the stack's outputs.

    CommandError with one line when the program, its settings or a resource is refused.
    """
    monitor = Monitor(_Resources(create, ask))

    async def run() -> None:
        mocks.set_mocks(monitor.mocks, project=stack.project, stack=stack.name, preview=False, monitor=monitor)
        # What a failed program leaves unfinished is told by its first error; asyncio would tell it again, later.
        asyncio.get_running_loop().set_exception_handler(lambda *_: None)
        runtime_settings.SETTINGS.outputs.clear()  # of a program that failed before, in a loop that is closed
        set_all_config(dict(stack.config), list(stack.secrets))
        runtime_settings.set_root_resource(None)  # type: ignore[arg-type]  # set_mocks made one; run_in_stack makes its own
        await run_in_stack(lambda: _run_program(program))

    gc.disable()  # it would walk all of Pulumi's classes over and over: a quarter of the whole
    try:
        asyncio.run(run())
    except Exception as error:  # noqa: BLE001 - whatever the program raises becomes one line
        raise _as_local_error(error, program) from None
    finally:
        gc.enable()
    return monitor.outputs


def _run_program(program: Path) -> None:
    runpy.run_path(str(program), run_name="__main__")


def _as_local_error(error: BaseException, program: Path) -> CommandError:
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
    place = f"{Path(frames[-1].filename).relative_to(ROOT)}:{frames[-1].lineno}" if frames else program.name
    text = " ".join(str(error).split())
    return CommandError(f"the program must run, but {place} raises {type(error).__name__}: {text}")


def _yaml(path: Path) -> dict[str, Any]:
    try:
        content = yaml.load(path.read_text(), _LOADER)  # noqa: S506 - either of the two is a safe one
    except yaml.YAMLError as error:
        raise CommandError(f"{path.name} must be YAML, got: {' '.join(str(error).split())}") from None
    return content if isinstance(content, dict) else {}


def _decrypted(value: Any) -> Any:
    """Secrets are encrypted for the cloud's key; here a made-up one stands in for each."""
    if isinstance(value, Mapping):
        return MADE_UP if value.keys() == {"secure"} else {key: _decrypted(each) for key, each in value.items()}
    return [_decrypted(each) for each in value] if isinstance(value, list) else value


def _as_string(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)
