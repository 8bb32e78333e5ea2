"""The composition root: builds the parts, joins them, owns their tasks."""

from bot.app.ground import Ground, prepare
from bot.app.running import run

__all__ = ["Ground", "prepare", "run"]
