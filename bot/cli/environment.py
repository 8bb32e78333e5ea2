"""The variables that podbot is set up with: the environment's own, and those of `.env` beneath them."""

from __future__ import annotations

import os
from pathlib import Path

from dotenv import dotenv_values

from bot.settings import SettingsWrong


def variables() -> dict[str, str]:
    """All of them; the environment wins over `.env` of the working directory. Raises `SettingsWrong`."""
    return {**of_file(Path(".env")), **os.environ}


def of_file(path: Path) -> dict[str, str]:
    """The variables of a `.env` file, where there is one. Raises `SettingsWrong` where it cannot be read."""
    if not path.is_file():
        return {}
    try:
        values = dotenv_values(path)
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsWrong((f"{path}: cannot be read: {error}",)) from error
    return {name: value for name, value in values.items() if value is not None}
