"""Settings: a mapping of environment variables to one frozen value, or the list of all that is wrong.

`variables` has what can be set, `shapes` what a value must look like, `loading` reads the mapping, and
`clusters` says which clusters are meant by it. Nothing here reads the environment; `bot.cli` does, once, and
hands the mapping in.
"""

from bot.settings.loading import SettingsWrong, load, load_sources, load_storage
from bot.settings.variables import LogLevel, Settings, Sources, Storage

__all__ = [
    "LogLevel",
    "Settings",
    "SettingsWrong",
    "Sources",
    "Storage",
    "load",
    "load_sources",
    "load_storage",
]
