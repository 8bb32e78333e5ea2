"""Kubernetes' resource quantities (`250m`, `128Mi`, `1.5e3`) as numbers, and the way kubectl prints them."""

from __future__ import annotations

import math
import re
from decimal import Decimal

_FACTORS = {
    "n": Decimal("1e-9"),
    "u": Decimal("1e-6"),
    "m": Decimal("1e-3"),
    "": Decimal(1),
    "k": Decimal(10**3),
    "M": Decimal(10**6),
    "G": Decimal(10**9),
    "T": Decimal(10**12),
    "P": Decimal(10**15),
    "E": Decimal(10**18),
    "Ki": Decimal(2**10),
    "Mi": Decimal(2**20),
    "Gi": Decimal(2**30),
    "Ti": Decimal(2**40),
    "Pi": Decimal(2**50),
    "Ei": Decimal(2**60),
}
_QUANTITY = re.compile(
    r"([+-]?(?:[0-9]{1,40}(?:\.[0-9]{0,40})?|\.[0-9]{1,40}))(?:([eE][+-]?[0-9]{1,2})|([a-zA-Z]{0,2}))",
    re.ASCII,
)


def parse(text: str) -> Decimal:
    """The number that a quantity stands for: cores, bytes. Raises ValueError for anything else."""
    found = _QUANTITY.fullmatch(text)
    if found is None or (found[3] or "") not in _FACTORS:
        raise ValueError(f"{text!r} is no quantity")
    if found[2]:
        return Decimal(found[1] + found[2])
    return Decimal(found[1]) * _FACTORS[found[3] or ""]


def millicores(cores: Decimal) -> str:
    """CPU as `kubectl top` prints it, rounded up to whole thousandths: `12m`."""
    return f"{math.ceil(cores * 1000)}m"


def mebibytes(size: Decimal) -> str:
    """Memory as `kubectl top` prints it, in whole mebibytes: `182Mi`."""
    return f"{int(size // 2**20)}Mi"


def share(used: Decimal, of: Decimal) -> str:
    """How much of a limit is in use: `71 %`."""
    return f"{round(100 * used / of)} %" if of > 0 else ""
