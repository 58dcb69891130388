"""Mail into a folder, a file a message, for installations without a mail server.

Each file ends in ``.eml``: every mail program opens it, and its text part can be read as it is.
"""

import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.utils import timezone


class EmailBackend(BaseEmailBackend):
    def __init__(self, *args: Any, file_path: str | Path | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.folder = Path(file_path or settings.EMAIL_FILE_PATH)

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Write each message under a name that sorts by time; a reader never sees half of one."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for message in email_messages:
            name = f"{timezone.now():%Y%m%d-%H%M%S}-{uuid.uuid4().hex[:12]}.eml"
            unfinished = self.folder / f".{name}.part"
            unfinished.write_bytes(message.message().as_bytes())
            unfinished.replace(self.folder / name)
        return len(email_messages)
