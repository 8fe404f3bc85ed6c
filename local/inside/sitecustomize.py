"""Tell the developer what a route did wrong: the traceback, and what its answer has that its type has not.

Python imports this file by its name at start, from a folder that local/emulator.py puts on the path. It is in the
function's process on this machine only: the deployed package logs an error's type and place, never its text.
"""

from __future__ import annotations

import importlib.abc
import importlib.util
import os
import sys
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

MARK = "route: "  # begins each report; local/recorder.py shows them in the run's output
FRAMES = 20


class _After(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Runs `then` when the module has been imported."""

    def __init__(self, name: str, then: Any) -> None:
        self._name, self._then = name, then

    def find_spec(self, name: str, *_: Any) -> ModuleSpec | None:
        if name != self._name:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.loader is not None:
            self._loader, spec.loader = spec.loader, self
        return spec

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        self._loader.exec_module(module)
        self._then(module)


def _report_errors(app: Any) -> None:
    location = getattr(app, "_error_location", None)
    if location is None:  # another function than this project's: it runs as it is
        return

    def reported(error: Exception) -> Any:
        import traceback  # noqa: PLC0415 - not in the start of each copy of the function

        root = os.environ.get("LAMBDA_TASK_ROOT", "") + os.sep
        frames = traceback.extract_tb(error.__traceback__)
        own = [frame for frame in frames if frame.filename.startswith(root)] or frames
        last = next((frame for frame in reversed(own) if not _is_frame(frame.filename, root)), own[-1])
        said = "".join(traceback.format_exception_only(error)).strip()
        lines = [f"{MARK}{last.filename.removeprefix(root)}:{last.lineno} in {last.name}: {said}"]
        lines += "".join(traceback.format_exception(error, limit=-FRAMES)).replace(root, "").splitlines()
        print("\n".join(lines), flush=True)
        return location(error)

    app._error_location = reported


def _is_frame(filename: str, root: str) -> bool:
    """Return whether the file is the frame around routes, or a library: the developer's own line is elsewhere."""
    name = filename.removeprefix(root)
    return not name.startswith("handler") or name in {"handler/app.py", "handler/endpoint.py"}


def _check_answers(endpoint: Any) -> None:
    answer = endpoint.Endpoint._encoded

    def checked(self: Any, reply: Any) -> str:
        route = self.route
        if route.response is not None:
            said = importlib.import_module("answer_types").mismatch(reply, route.response)  # beside this file
            if said:
                function = getattr(route.call, "__qualname__", "its function")
                print(f"{MARK}{route.key}: {function} must return {route.response.__name__}, but {said}", flush=True)
        return str(answer(self, reply))

    endpoint.Endpoint._encoded = checked


if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
    sys.meta_path[:0] = [_After("handler.app", _report_errors), _After("handler.endpoint", _check_answers)]
