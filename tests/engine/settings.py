"""Settings of the stacks that tests of the engine make."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

BASE: Mapping[str, Any] = {
    "aws:region": "eu-central-1",
    "environment": "dev",
    "domainPrefix": "example-engine",
    "callbackUrls": ["http://localhost:5173/"],
    "logoutUrls": ["http://localhost:5173/"],
    "allowedOrigins": ["http://localhost:5173"],
    "deletionProtection": False,
    "alarms": False,
}
