"""Every rule, in the order of the checklist."""

from policies.rule import Rule
from policies.rules import cognito, data, functions, http_api, operations, permissions

RULES: tuple[Rule, ...] = (
    *cognito.RULES,
    *http_api.RULES,
    *functions.RULES,
    *permissions.RULES,
    *data.RULES,
    *operations.RULES,
)
