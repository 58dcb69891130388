"""System checks: settings that would fail late are refused at start."""

from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.checks import CheckMessage, Error, register


@register()
def check_organisation(**kwargs: Any) -> list[CheckMessage]:
    errors: list[CheckMessage] = []
    try:
        ZoneInfo(settings.ORGANISATION_TIME_ZONE)
    except (ValueError, LookupError):
        errors.append(
            Error(
                f"ORGANISATION_TIME_ZONE: {settings.ORGANISATION_TIME_ZONE!r} is no time zone.",
                hint="Write an IANA name such as Europe/Berlin.",
                id="config.E001",
            )
        )
    currency = settings.REPORTING_CURRENCY
    if len(currency) != 3 or not currency.isalpha() or not currency.isascii():
        errors.append(
            Error(
                f"REPORTING_CURRENCY: {currency!r} is no currency code.",
                hint="Write three letters of ISO 4217 such as EUR.",
                id="config.E002",
            )
        )
    early, late = settings.LIFE_STAGE_MONTHS
    if not 0 < early < late:
        errors.append(
            Error(
                f"Life stages: early until {early} months, late from {late}.",
                hint="LIFE_STAGE_EARLY_UNTIL must be above 0 and below LIFE_STAGE_LATE_FROM.",
                id="config.E003",
            )
        )
    return errors


@register()
def check_webhook_secrets(**kwargs: Any) -> list[CheckMessage]:
    if any(not secret.strip() for secret in settings.STRIPE_WEBHOOK_SECRETS):
        return [
            Error(
                "STRIPE_WEBHOOK_SECRETS holds an empty secret: anybody could sign with it.",
                hint="Remove it, or leave the variable unset to switch the webhook off.",
                id="config.E004",
            )
        ]
    return []


@register()
def check_shared_secret(**kwargs: Any) -> list[CheckMessage]:
    # On one machine, as `make run` has it, the key that it made for itself is as good as any.
    shareable = settings.DATABASES["default"]["ENGINE"] != "django.db.backends.sqlite3"
    if settings.SECRET_KEY_IS_EMBEDDED and shareable and settings.HTTPS:
        return [
            Error(
                "SECRET_KEY is not set, but several machines may share this database and address.",
                hint="Set SECRET_KEY to the same 50 or more random characters on all of them.",
                id="config.E005",
            )
        ]
    return []
