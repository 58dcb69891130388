"""What a survey's own page says about its versions."""

import datetime as dt
from dataclasses import dataclass

from django.db.models import Count, Q

from surveys.drafts import current_content
from surveys.models import Survey, SurveyVersion


@dataclass(frozen=True)
class VersionLine:
    version: SurveyVersion
    number: int
    published_at: dt.datetime | None
    is_in_use: bool
    languages: int
    answers: int


@dataclass(frozen=True)
class SurveyLines:
    """``in_use``: the newest published version; ``draft``: the one being written."""

    lines: list[VersionLine]
    in_use: VersionLine | None
    draft: VersionLine | None


def versions_in_words(survey: Survey) -> SurveyLines:
    """Newest first. One query, and those of a version's content where it is not known yet."""
    submitted = Q(responses__submitted_at__isnull=False, responses__is_test=False)
    versions = (
        survey.versions.select_related("survey")
        .defer("definition")
        .annotate(answered=Count("responses", filter=submitted))
        .order_by("-number")
    )
    lines: list[VersionLine] = []
    in_use: VersionLine | None = None
    for version in versions:
        line = VersionLine(
            version=version,
            number=version.number,
            published_at=version.published_at,
            is_in_use=version.is_published and in_use is None,
            languages=len(current_content(version).languages),
            answers=version.answered,
        )
        lines.append(line)
        if line.is_in_use:
            in_use = line
    draft = next((line for line in lines if line.published_at is None), None)
    return SurveyLines(lines, in_use, draft)
