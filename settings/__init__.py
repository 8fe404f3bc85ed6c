"""The stack's settings: the only reader of `pulumi.Config`. All are checked before the first resource exists.

A setting is a field of a component's arguments, which state its type, default, checks and description.
`settings/stack.py` has the settings of the stack as a whole, `settings/model.py` puts the groups together, and
`settings/rules.py` has the rules across components.
"""

from settings.model import Settings
from settings.problems import SettingsError

__all__ = ["Settings", "SettingsError"]
