"""Begin to fetch the signing keys at the start of a cold start, while the rest is being imported.

A fetch waits for the network and imports compute, so that together they take as long as the longer one. Imports the
standard library only, and `handler.app` imports it before anything that is slow to import.
"""

from __future__ import annotations

import os
from contextlib import suppress

from handler.fetch import Exchange, FetchFailed
from handler.settings import Settings, SettingsError

# Set by Lambda only: on-demand, provisioned-concurrency, lambda-managed-instances or snap-start. Its initialization has
# the whole processor.
INITIALIZATION = os.environ.get("AWS_LAMBDA_INITIALIZATION_TYPE")
# The keys in a snapshot could be weeks old when it is restored, so SnapStart fetches then.
SNAPSHOT = INITIALIZATION == "snap-start"

key_fetch: Exchange | None = None
if INITIALIZATION and not SNAPSHOT:
    with suppress(SettingsError, FetchFailed):  # the first request reports it; public routes need no keys
        key_fetch = Exchange(Settings.from_environment(os.environ).jwks_url)
