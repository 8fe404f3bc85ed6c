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
from uv import find_uv_bin


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

    def InstallDependencies(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Make the folder's virtual environment from `requirements.txt`, as Pulumi's pip toolchain does.

        uv takes the place of pip, with the wheels that `make install` left in its cache: tests ask no registry.
        """
        folder = Path(request.info.program_directory)
        target = folder / dict(request.info.options)["virtualenv"]
        wheels = ["pip", "install", "--quiet", "--offline", "--require-hashes", "-r", "requirements.txt"]
        for arguments in (["venv", "--quiet", str(target)], [*wheels, "--python", str(target)]):
            done = subprocess.run(
                [find_uv_bin(), *arguments], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
            )
            yield language_pb2.InstallDependenciesResponse(stdout=done.stdout)
            if done.returncode:
                context.abort(grpc.StatusCode.UNKNOWN, "installing requirements.txt failed; run: make install")

    def Cancel(self, _request: Any, _context: Any) -> Any:  # noqa: N802
        return empty_pb2.Empty()

    def Run(self, request: Any, context: Any) -> Any:  # noqa: N802
        folder = request.info.program_directory or request.pwd
        os.chdir(folder)
        sys.path.insert(0, folder)
        self.program = lambda: runpy.run_path(str(Path(folder, "__main__.py")), run_name="__main__")
        return super().Run(request, context)

    def RunPlugin(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Run a plugin of Python, such as the policy pack, in its own environment, and pass on what it prints."""
        folder = request.info.program_directory
        environment = Path(folder, dict(request.info.options)["virtualenv"])
        if not (environment / "bin" / "python").exists():
            context.abort(grpc.StatusCode.UNKNOWN, f"{environment} must be a virtual environment")
        command = [str(environment / "bin" / "python"), folder, *request.args]
        process = subprocess.Popen(
            command,
            cwd=request.pwd,
            env={**os.environ, **dict(each.split("=", 1) for each in request.env), "PYTHONUNBUFFERED": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        context.add_callback(process.kill)  # the engine ends a plugin by ending this call
        assert process.stdout is not None
        for line in process.stdout:
            yield language_pb2.RunPluginResponse(stdout=line)
        yield language_pb2.RunPluginResponse(exitcode=process.wait())


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
