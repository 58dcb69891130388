"""A folder as Celery's broker, for an installation that runs no broker of its own.

Kombu's filesystem transport, with two things mended. A message is written aside and renamed, so
that no worker reads half of one (which would stop it). And a queue that nobody empties stops
growing: a message says no more than a row says already, so one that is dropped loses nothing.
"""

import uuid
from pathlib import Path
from time import monotonic_ns
from typing import Any

from kombu.transport import TRANSPORT_ALIASES, filesystem
from kombu.utils.json import dumps

SCHEME = "folder"
MOST_WAITING = 200


class Channel(filesystem.Channel):
    def _put(  # type: ignore[override]
        self, queue: str, payload: dict[str, Any], **kwargs: Any
    ) -> None:
        if self._size(queue) >= MOST_WAITING:
            return
        folder = Path(self.data_folder_out)
        name = f"{monotonic_ns():020d}_{uuid.uuid4()}.{queue}.msg"
        unfinished = folder / f".{name}.part"
        unfinished.write_text(dumps(payload), encoding="utf-8")
        unfinished.replace(folder / name)


class Transport(filesystem.Transport):
    Channel = Channel


def register() -> None:
    """Let ``BROKER_URL`` say ``folder://``."""
    TRANSPORT_ALIASES[SCHEME] = f"{__name__}:{Transport.__name__}"
