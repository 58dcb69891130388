"""Doors through which upper rooms reach into this one, filled in ``AppConfig.ready``."""

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from surveys.models import Customer, SurveyVersion
    from surveys.questionnaire import Questionnaire

# Called with a draft version before it is published; each returned sentence stops it.
PublishCheck = Callable[["SurveyVersion"], list[str]]
publish_checks: list[PublishCheck] = []

# Given a questionnaire and an answer's text, names the question to ask next (its key) or "".
ProbeChooser = Callable[["Questionnaire", str], str]
probe_choosers: list[ProbeChooser] = []

# Erases what upper rooms hold about a customer; returns what was erased, as {"what": count}.
Eraser = Callable[["Customer"], dict[str, int]]
erasers: list[Eraser] = []
