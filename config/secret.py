"""The secret key of an embedded installation: made once, kept beside its database."""

import os
import secrets
from pathlib import Path


def embedded_secret_key(folder: Path) -> str:
    """The key in ``folder``/secret_key, made on first use and readable by its owner alone.

    Two processes starting at once agree: whoever creates the file first wins.
    """
    path = folder / "secret_key"
    folder.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"secret_key.{os.getpid()}")
    if not path.exists():
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(50))
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text()
