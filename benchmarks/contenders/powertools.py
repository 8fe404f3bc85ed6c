"""The same routes on Powertools for AWS Lambda: its HTTP API resolver with validation, and its JWT verifier (alpha)."""

from __future__ import annotations

import json
import os
import time
from typing import Annotated, Any
from urllib.request import urlopen

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver  # type: ignore[import-not-found]  # make bench
from aws_lambda_powertools.event_handler.openapi.params import Path, Query  # type: ignore[import-not-found]  # likewise
from aws_lambda_powertools.utilities.auth_alpha import JWTVerifier  # type: ignore[import-not-found]  # likewise

_POOL_ID = os.environ["COGNITO_USER_POOL_ID"]
_CLIENT_ID = os.environ["COGNITO_CLIENT_IDS"]

with urlopen(f"{os.environ['AWS_ENDPOINT_URL']}/{_POOL_ID}/.well-known/jwks.json") as _response:  # noqa: S310 - loopback
    _KEY_SET = json.load(_response)

app = APIGatewayHttpResolver(enable_validation=True)
verifier = JWTVerifier.cognito(user_pool_id=_POOL_ID, client_id=_CLIENT_ID, audience=_CLIENT_ID, jwks=_KEY_SET)


@app.get("/hello", middlewares=[verifier.require()])  # type: ignore[untyped-decorator]  # for the same reason
def hello() -> dict[str, Any]:
    return {"message": "Hello, authenticated user!", "user": app.context["claims"]["username"]}


@app.get("/shops/<shop>/orders/<number>", middlewares=[verifier.require()])  # type: ignore[untyped-decorator]  # likewise
def order(
    shop: Annotated[str, Path(min_length=1, max_length=20)],
    number: Annotated[int, Path(ge=1, le=999_999)],
    limit: Annotated[int, Query(ge=1, le=50)] = 20,
    gift: Annotated[bool, Query()] = False,
    after: Annotated[str | None, Query(min_length=1, max_length=100)] = None,
) -> dict[str, Any]:
    return {"shop": shop, "number": number, "limit": limit, "gift": gift, "after": after}


def lambda_handler(event: dict[str, Any], context: Any) -> Any:
    started = time.perf_counter()
    response = app.resolve(event, context)
    line = {
        "level": "INFO",
        "requestId": event["requestContext"]["requestId"],
        "routeKey": event["routeKey"],
        "status": response["statusCode"],
        "durationMs": round((time.perf_counter() - started) * 1000, 2),
    }
    print(json.dumps(line))
    return response
