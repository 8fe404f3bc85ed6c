"""The cost of one call of the handler, in signature checks, the one part of it that no version can leave out."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks import child
from benchmarks.contenders.calls import BATCH
from benchmarks.figures import Figure, Table
from benchmarks.pool import CLIENT_ID, Pool, encoded, event

PROCESSES = 5  # of each handler: a process's place in memory changes its figures by some percent
ROUNDS = 900
TOKENS = 24  # of each case; more than the handler caches headers of
_WORKER = Path(__file__).parent / "contenders" / "calls.py"

Case = dict[str, Any]  # events, and the statuses that may answer each
Times = dict[str, list[tuple[int, int]]]  # by case: nanoseconds of a raw batch and of the case's batch after it

_CONDITIONS = (
    "handler and PyJWT run out of the unpacked deployment package under python -I -S, with keys from a key set on "
    "loopback; tokens take turns, so that no unknown key id is cached"
)
_POWERTOOLS = (
    "Powertools' resolver validates (enable_validation); its verifier (alpha) demands an aud, which ordinary Cognito "
    "access tokens lack: its tokens have one"
)
_NO_POWERTOOLS = "Powertools is not measured; install it with: make bench"

VALID = "valid token"
PARAMETERS = "valid token, two path and three query parameters"
_ORDER = ("GET /shops/{shop}/orders/{number}", "/shops/tea-house/orders/4711?limit=50&gift=true&after=a%2Fb")
REVOCATION_AT_MOST = 1.05  # times the same call without the check
_LIMITS = {
    VALID: 2.2,
    PARAMETERS: 2.8,
    "malformed: a segment missing": 2.0,
    "malformed: header not JSON": 2.0,
    "unknown key id": 2.0,
    "oversized": 2.0,
}


def measure() -> Table:
    with Pool() as pool, child.package() as package:
        compared = child.compared()
        tokens = [pool.token() for _ in range(TOKENS)]
        own, ordinary = _cases(pool, tokens), {VALID: _case(200, tokens)}
        with_aud = [pool.token(aud=CLIENT_ID) for _ in range(TOKENS)]
        bound = {VALID: _case(200, with_aud), PARAMETERS: _case(200, with_aud, *_ORDER)}
        runs: dict[str, list[Times]] = {"packaged": [], "revoking": [], "by_hand": [], "powertools": []}
        for _ in range(PROCESSES):
            runs["packaged"].append(_timed(pool, "packaged", [package], own))
            runs["revoking"].append(_timed(pool, "revoking", [package], ordinary))
            runs["by_hand"].append(_timed(pool, "by_hand", [package], ordinary))
            if compared is not None:
                runs["powertools"].append(_timed(pool, "powertools", [package, compared], bound))
    raw = min(first for times in runs["packaged"] for pairs in times.values() for first, _ in pairs)
    figures = [Figure(name="raw OpenSSL RSA-2048 verify", amount=_microseconds(raw), unit="µs", ratio=1.0)]
    figures += [_figure(f"this handler, {name}", name, runs["packaged"], _LIMITS.get(name)) for name in own]
    without = next(each.ratio for each in figures if each.name.endswith(VALID) and each.ratio)
    label, limit = f"with revocation, answer cached, {VALID}", REVOCATION_AT_MOST * without
    figures.append(_figure(label, VALID, runs["revoking"], limit))
    figures.append(_figure("PyJWT by hand, valid token", VALID, runs["by_hand"]))
    if runs["powertools"]:
        figures += [_figure(f"Powertools resolver and JWTVerifier, {name}", name, runs["powertools"]) for name in bound]
    return Table(
        topic="handler",
        title="Handler: one call of lambda_handler, keys warm, its log line written",
        baseline="raw",
        method=f"in each of {PROCESSES} processes, {ROUNDS} times {BATCH} raw checks and {BATCH} calls in turn; "
        "a ratio is that of the least times of a process, and of these the median",
        figures=figures,
        notes=[_CONDITIONS, _POWERTOOLS if compared is not None else _NO_POWERTOOLS],
    )


def _cases(pool: Pool, tokens: Sequence[str]) -> dict[str, Case]:
    payloads = [token.split(".")[1] for token in tokens]
    signatures = [token.split(".")[2] for token in tokens]
    headers = [token.split(".")[0] for token in tokens]
    not_json = encoded(b'{"kid":"K9n2vXr4TbY0mP7qLs5dWc8eUj1hGzAf3oViBx6NtQk=","alg":"RS256"')
    return {
        VALID: _case(200, tokens),
        PARAMETERS: _case(200, tokens, *_ORDER),
        "malformed: a segment missing": _case(401, [token.rpartition(".")[0] for token in tokens]),
        "malformed: header not JSON": _case(401, [".".join([not_json, *token.split(".")[1:]]) for token in tokens]),
        "unknown key id": _case((401, 503), [pool.token(kid=f"unknown-{number}") for number in range(TOKENS)]),
        "oversized": _case(401, [pool.token(padding="x" * 7_000) for _ in range(TOKENS)]),
        "expired": _case(401, [pool.token(exp=1_700_000_000, iat=1_699_999_000) for _ in range(TOKENS)]),
        "forged signature": _case(
            401,
            [".".join(parts) for parts in zip(headers, payloads, [*signatures[1:], signatures[0]], strict=True)],
        ),
    }


def _case(status: int | tuple[int, ...], tokens: Sequence[str], key: str = "GET /hello", request: str = "") -> Case:
    events = [event(token, key, request) for token in tokens]
    return {"statuses": [status] if isinstance(status, int) else status, "events": events}


def _timed(pool: Pool, contender: str, path: Sequence[Path], cases: dict[str, Case]) -> Times:
    job = {
        "path": [str(folder) for folder in path],
        "contender": contender,
        "cases": cases,
        "raw": {"modulus": pool.modulus, "exponent": pool.exponent, "signed": pool.signed(TOKENS)},
        "rounds": ROUNDS,
    }
    answer = child.run([*child.ISOLATED, str(_WORKER)], given=job, environment=pool.environment)
    times: Times = json.loads(answer)
    return times


def _figure(label: str, case: str, runs: Sequence[Times], limit: float | None = None) -> Figure:
    least = [(min(raw for raw, _ in times[case]), min(own for _, own in times[case])) for times in runs]
    ratio = median(own / raw for raw, own in least)
    return Figure(name=label, amount=_microseconds(min(own for _, own in least)), unit="µs", ratio=ratio, limit=limit)


def _microseconds(nanoseconds: int) -> float:
    return nanoseconds / 1000
