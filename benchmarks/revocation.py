"""The check for revoked tokens: remembered, with a read of the table, and among a million users."""

from __future__ import annotations

import json
import sysconfig
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from benchmarks import child
from benchmarks.figures import Figure, Table

READS, SUBJECTS = 2_000, 1_000_000
RUNS = 3
_WORKER = Path(__file__).parent / "programs" / "asking.py"


def measure() -> Table:
    with _table() as url, child.package() as package:
        # boto3 is in Lambda's runtime and not in the package.
        job = {"path": [str(package), sysconfig.get_path("purelib")], "reads": READS, "subjects": SUBJECTS}
        environment = {
            "AWS_REGION": "eu-central-1",
            "AWS_ACCESS_KEY_ID": "made-up",
            "AWS_SECRET_ACCESS_KEY": "made-up",
            "AWS_ENDPOINT_URL": url,
        }
        runs: list[dict[str, float]] = [
            json.loads(child.run([*child.ISOLATED, str(_WORKER)], given=job, environment=environment))
            for _ in range(RUNS)
        ]
    found = {name: min(run[name] for run in runs) for name in runs[0]}
    return Table(
        topic="revocation",
        title="Revocation: one check of one caller",
        baseline="the check with few users",
        method=f"processor times of fresh processes, the least of {RUNS}; the table is a server on loopback",
        figures=[
            _figure("the answer is remembered", found["remembered"]),
            _figure("one read by boto3", found["read"]),
            _figure("the same, on the clock", found["waited"]),
            _figure("the first read of an environment, on the clock: it imports boto3", found["first"]),
            _figure("without its read, few users", found["empty"]),
            _figure(f"without its read, {SUBJECTS:,} users", found["full"], found["full"] / found["empty"], 1.5),
        ],
        notes=["DynamoDB's own time comes on top: some milliseconds in its region"],
    )


def _figure(name: str, seconds: float, ratio: float | None = None, limit: float | None = None) -> Figure:
    return Figure(name=name, amount=seconds * 1e6, unit="µs", ratio=ratio, limit=limit)


@contextmanager
def _table() -> Iterator[str]:
    """Serve a table without entries on loopback."""

    class Answer(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # headers and body in one packet
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            asked: dict[str, Any] = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            body = json.dumps({"Responses": {name: [] for name in asked["RequestItems"]}}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/x-amz-json-1.0")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
