"""Structured logging, set up once by the command line."""

from __future__ import annotations

import logging
import sys
from enum import Enum

import structlog


class LogFormat(Enum):
    """How log lines look: for machines or for people."""

    JSON = "json"
    CONSOLE = "console"


def configure(level: str, style: LogFormat) -> None:
    """Send every log line, structlog's and the libraries' alike, to standard error in one shape.

    `level` is one of `debug`, `info`, `warning`, `error`. The libraries' own chatter starts at `warning`,
    unless `debug` is asked for.
    """
    number = getattr(logging, level.upper())
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    rendering: list[structlog.typing.Processor] = (
        [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
        if style is LogFormat.JSON
        # By itself it would take Rich where it is installed, which prints local variables, tokens among them.
        else [
            structlog.dev.ConsoleRenderer(
                colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
            )
        ]
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(number),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *rendering,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(number if number <= logging.DEBUG else max(number, logging.WARNING))
    logging.getLogger("bot").setLevel(min(number, logging.INFO))  # structlog filters ours; see get_unfiltered


def get(name: str) -> structlog.stdlib.BoundLogger:
    """The logger of one part; bound values go on every line it writes."""
    logger: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(name)
    return logger


def get_unfiltered(name: str) -> structlog.stdlib.BoundLogger:
    """A logger whose lines are written from `info` on, even where the log starts at `error`."""
    logger: structlog.stdlib.BoundLogger = structlog.wrap_logger(
        logging.getLogger(name), wrapper_class=structlog.make_filtering_bound_logger(logging.INFO)
    )
    return logger
