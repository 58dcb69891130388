"""Digests of every content of the installed surveys that was ever shipped, newest last.

An installed survey whose newest version is one of these has not been edited by its team and may
be brought up to date; any other belongs to the team. They stand in ``shipped.json``; whoever
changes the content has ``python manage.py default_surveys`` add a line there.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

from surveys.default_surveys.content import default_questionnaire
from surveys.default_surveys.templates import INSTALLED

FILE = Path(__file__).with_name("shipped.json")


def shipped() -> dict[str, list[str]]:
    """Survey key -> digests."""
    recorded: dict[str, list[str]] = json.loads(FILE.read_text(encoding="utf-8"))
    return recorded


def content_digest(definition: dict[str, Any]) -> str:
    """SHA-256 in hex of a definition, the same for any order of its keys."""
    text = json.dumps(definition, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def present_digests() -> dict[str, str]:
    """Survey key -> the digest of the content as it is now."""
    return {
        template.key: content_digest(default_questionnaire(template.key).to_definition())
        for template in INSTALLED
    }


def unrecorded() -> list[str]:
    """Keys of the surveys whose present content is not the newest that is recorded."""
    recorded = shipped()
    return [key for key, digest in present_digests().items() if recorded[key][-1:] != [digest]]


def record(*, unreleased: bool = False) -> list[str]:
    """Write the present digests down; returns the keys of the surveys that had changed.

    ``unreleased``: what is recorded so far never reached anybody, and is forgotten.
    """
    changed, recorded = unrecorded(), shipped()
    for key, digest in present_digests().items():
        earlier = [] if unreleased else [old for old in recorded[key] if old != digest]
        recorded[key] = [*earlier, digest]
    FILE.write_text(json.dumps(recorded, indent=2) + "\n", encoding="utf-8")
    return changed
