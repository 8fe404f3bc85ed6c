"""Run ministack in a process of its own, which ends with its starter; guard it, save its state, and record the calls.

`local.emulator` runs this file as a script, outside the package: `serve.py FOLDER`. Standard input is a pipe that
closes when the starter ends. FOLDER is for the records (local/recorder.py).
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import ministack.app
import ministack.services.cloudwatch_logs
import ministack.services.cognito
import ministack.services.lambda_svc


def _end_with_starter(last: Callable[[], object]) -> None:
    sys.stdin.buffer.read()
    try:
        last()
    finally:
        os.killpg(0, signal.SIGKILL)  # with the functions' workers


def _allowed_origins() -> set[str]:
    """Return the origins that the stack's settings allow, as the emulator has them now."""
    gateway = sys.modules.get("ministack.services.apigateway")  # the emulator imports it with the first API
    apis = [api for _, api in gateway._apis.all_items()] if gateway else []
    pools = [pool for _, pool in ministack.services.cognito._user_pools.all_items()]
    return guard.allowed_origins(pools, apis)


if __name__ == "__main__":
    # Last on the path, so that this project's modules do not hide the emulator's.
    sys.path.append(str(Path(__file__).resolve().parent.parent))
    from local import (
        cold_starts,
        gateway,
        guard,
        recorder,
        revocation_endpoint,
        rotation,
        saver,
        sign_in_time,
        user_names,
    )

    state = Path(os.environ["STATE_DIR"])
    saving = saver.Saver(state, saver.services)
    threading.Thread(target=_end_with_starter, args=(saving.save,), daemon=True).start()
    rotation.install(ministack.services.cognito)
    sign_in_time.install(ministack.services.cognito)
    user_names.install(ministack.services.cognito)
    cold_starts.install(ministack.services.lambda_svc)
    saver.load(state)
    saving.start()
    record = recorder.Recorder(Path(sys.argv[1]))
    record.watch_functions(ministack.services.lambda_svc, ministack.services.cloudwatch_logs)
    whole = revocation_endpoint.with_revocation(ministack.app.app, ministack.services.cognito)
    recorded = record.recorded(gateway.as_on_aws(whole), saving.note)
    ministack.app.app = guard.Guard(recorded, int(os.environ["GATEWAY_PORT"]), _allowed_origins)
    sys.argv = ["ministack"]  # it reads its own arguments
    ministack.app.main()
