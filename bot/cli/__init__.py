"""The command line: the only reader of the environment, and the one place that ends the process.

`commands` puts together those of `running`, `store` and `rehearsal`; `environment` reads what is set, and
`process` runs a command and ends it.
"""

from bot.cli.commands import main

__all__ = ["main"]
