"""Names, ids and addresses as Kubernetes' own parts draw them, from one seeded source so that a run can be
repeated.
"""

import hashlib
import json
import random
import uuid
from typing import Any

SAFE_ALPHABET = "bcdfghjklmnpqrstvwxz2456789"
"""What apimachinery's `rand.String` and `SafeEncodeString` use: no vowels, so that no word is spelled by
chance.
"""

_NAME_LIMIT = 63
_SUFFIX = 5


class Names:
    """Draws the random parts of a cluster."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._addresses: dict[str, int] = {}

    def uid(self) -> str:
        """Return a random UUID, as every object gets one."""
        return str(uuid.UUID(int=self._random.getrandbits(128), version=4))

    def suffixed(self, base: str) -> str:
        """Return `base` with five random characters, as `generateName` does."""
        tail = "".join(self._random.choice(SAFE_ALPHABET) for _ in range(_SUFFIX))
        return base[: _NAME_LIMIT - _SUFFIX] + tail

    def container_id(self) -> str:
        """Return the id of a container as containerd gives it."""
        return f"containerd://{self._random.getrandbits(256):064x}"

    def address(self, pod_cidr: str) -> str:
        """Return the next free address of a node's pod network, given as `10.244.1.0/24`."""
        number = self._addresses.get(pod_cidr, 1) + 1
        self._addresses[pod_cidr] = number
        prefix = pod_cidr.rsplit(".", 1)[0]
        return f"{prefix}.{2 + (number - 2) % 252}"


def template_hash(template: dict[str, Any], *, collisions: int = 0) -> str:
    """Return the `pod-template-hash` of a pod template: the same for equal templates, made of the safe
    alphabet.
    """
    digest = hashlib.sha256(json.dumps(template, sort_keys=True).encode() + b"%d" % collisions).digest()
    number = int.from_bytes(digest[:4])
    return "".join(SAFE_ALPHABET[ord(digit) % len(SAFE_ALPHABET)] for digit in str(number))


def image_id(image: str) -> str:
    """Return the digest reference that a kubelet reports for an image."""
    repository = image.rsplit("@", 1)[0]
    head, colon, tag = repository.rpartition(":")
    name = head if colon and "/" not in tag else repository
    return f"{name}@sha256:{hashlib.sha256(image.encode()).hexdigest()}"
