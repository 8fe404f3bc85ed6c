"""A stand-in for `pulumi-language-python`, which no package registry serves: it runs the program of a folder.

Pulumi's own Python server (`pulumi.automation`) does the work; here are the calls that it leaves out.
"""

from __future__ import annotations

import os
import runpy
import subprocess
import sys
from concurrent import futures
from contextlib import suppress
from pathlib import Path
from typing import Any

import grpc
from google.protobuf import empty_pb2
from pulumi.automation._server import LanguageServer
from pulumi.runtime.proto import language_pb2, language_pb2_grpc, plugin_pb2


class Language(LanguageServer):
    """Runs `__main__.py` of the folder that the engine names."""

    def __init__(self) -> None:
        super().__init__(lambda: None)

    def Handshake(self, _request: Any, _context: Any) -> Any:  # noqa: N802 - Pulumi's name, as all below
        return language_pb2.LanguageHandshakeResponse()

    def GetPluginInfo(self, _request: Any, _context: Any) -> Any:  # noqa: N802
        return plugin_pb2.PluginInfo(version="1.0.0")

    def GetProgramDependencies(self, _request: Any, _context: Any) -> Any:  # noqa: N802
        return language_pb2.GetProgramDependenciesResponse()

    def InstallDependencies(self, request: Any, _context: Any) -> Any:  # noqa: N802
        """Install into the folder's `.venv`, as Pulumi's pip toolchain does; the tests' one is there already."""
        there = Path(request.info.program_directory, ".venv")
        if not there.exists():
            subprocess.run([sys.executable, "-m", "venv", there], check=True)
        yield language_pb2.InstallDependenciesResponse(stdout=b"")

    def Cancel(self, _request: Any, _context: Any) -> Any:  # noqa: N802
        return empty_pb2.Empty()

    def Run(self, request: Any, context: Any) -> Any:  # noqa: N802
        folder = request.info.program_directory or request.pwd
        os.chdir(folder)
        sys.path.insert(0, folder)
        self.program = lambda: runpy.run_path(str(Path(folder, "__main__.py")), run_name="__main__")
        return super().Run(request, context)

    def RunPlugin(self, request: Any, _context: Any) -> Any:  # noqa: N802
        """Run a plugin written in Python, such as the policy pack, and pass on what it prints."""
        folder = request.info.program_directory or request.pwd
        python = Path(folder, ".venv", "bin", "python")
        command = [str(python) if python.exists() else sys.executable, "-u", folder, *request.args]
        environment = {**os.environ, **dict(each.split("=", 1) for each in request.env)}
        with subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            for line in process.stdout:
                yield language_pb2.RunPluginResponse(stdout=line)
        yield language_pb2.RunPluginResponse(exitcode=process.returncode)


def main() -> None:
    """Serve on a free port, print it, and go on until the engine ends this process."""
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=4), options=[("grpc.max_receive_message_length", -1)])
    language_pb2_grpc.add_LanguageRuntimeServicer_to_server(Language(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    with suppress(KeyboardInterrupt):  # as the engine ends it
        server.wait_for_termination()


if __name__ == "__main__":
    main()
