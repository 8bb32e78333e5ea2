"""For how long the machine was suspended, which the clock that waits go by does not tell."""

from __future__ import annotations

import sys
import time


def slept() -> float:
    """Seconds for which the machine has been suspended since it was started; 0 where it does not say.

    On Linux CLOCK_MONOTONIC, and with it every timer of the event loop, stands still meanwhile;
    CLOCK_BOOTTIME does not (clock_gettime(2)).
    """
    if sys.platform != "linux":
        return 0.0
    return time.clock_gettime(time.CLOCK_BOOTTIME) - time.clock_gettime(time.CLOCK_MONOTONIC)
