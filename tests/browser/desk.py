"""A desk inside of the installation: its database, reached without a page.

A process of its own: the test's Django knows another database, and its ORM may not be used in the
thread that drives the browser.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.browser.installation import ROOT, Installation


class Desk:
    """Calls the functions of ``rows.py`` by name."""

    def __init__(self, installation: Installation) -> None:
        self._errors = Path(installation.folder) / "desk.log"
        with self._errors.open("wb") as errors:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.browser.rows"],
                cwd=ROOT,
                env={**installation.environment, "DJANGO_SETTINGS_MODULE": "config.settings"},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )

    def call(self, name: str, *arguments: Any) -> Any:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps([name, arguments]) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, self._errors.read_text()
        said = json.loads(line)
        assert "raised" not in said, said["raised"]
        return said["returned"]

    def invite(self, survey: str, language: str = "en") -> str:
        """The token of one new invitation."""
        return str(self.call("invite", survey, language, 1)[0])

    def stored(self, token: str) -> Any:
        """The response to the invitation, or None; see ``rows.stored``."""
        return self.call("stored", [token])[token]

    def answers(self, token: str) -> dict[str, Any]:
        """The current answers by question key; none where nothing was submitted."""
        response = self.stored(token)
        return response["answers"] if response else {}

    def close(self) -> None:
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait(timeout=20)
        assert self._process.stdout
        self._process.stdout.close()
