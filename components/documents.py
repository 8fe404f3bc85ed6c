"""JSON documents with values that AWS has yet to give: policies and the dashboard."""

import json
from collections.abc import Callable
from typing import Any

import pulumi


def document(parts: Any, make: Callable[[Any], object]) -> pulumi.Output[str]:
    """Return, as JSON, the object that `make` builds from the parts once they are known. It makes no resource.

    `pulumi.Output.json_dumps` makes an Output of each member of a document, hundreds of a dashboard.
    """
    return pulumi.Output.from_input(parts).apply(lambda known: json.dumps(make(known)))
