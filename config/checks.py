"""System checks: settings that would fail late are refused at start."""

from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.checks import CheckMessage, Error, register
from django.utils.module_loading import import_string

from surveys.pages.returning import origin_of


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
def check_mail(**kwargs: Any) -> list[CheckMessage]:
    errors: list[CheckMessage] = []
    # Providers send it as a name and a password: one without a colon would match nobody.
    if any(not all(secret.partition(":")) for secret in settings.ANYMAIL["WEBHOOK_SECRET"]):
        errors.append(
            Error(
                "ANYMAIL_WEBHOOK_SECRET is not of the form user:password.",
                hint="Write user:password, several separated by commas, or leave it unset.",
                id="config.E008",
            )
        )
    try:
        import_string(settings.EMAIL_BACKEND)
    except ImportError:
        errors.append(
            Error(
                f"MAIL_PROVIDER: there is no provider {settings.MAIL_PROVIDER!r}.",
                hint="Write its name as django-anymail has it, such as postmark or amazon_ses.",
                id="config.E009",
            )
        )
    return errors


@register()
def check_survey_return(**kwargs: Any) -> list[CheckMessage]:
    errors: list[CheckMessage] = []
    if any(not secret.strip() for secret in settings.SURVEY_RETURN_SECRETS):
        errors.append(
            Error(
                "SURVEY_RETURN_SECRETS holds an empty secret: anybody could sign with it.",
                hint="Remove it, or leave the variable unset: no link then brings an address.",
                id="config.E006",
            )
        )
    errors += [
        Error(
            f"SURVEY_RETURN_ORIGINS: {origin!r} is no origin.",
            hint="Write scheme and host, and the port if it is not the usual one, separated by "
            "commas without blanks: https://app.example.com,https://billing.example.com",
            id="config.E007",
        )
        for origin in settings.SURVEY_RETURN_ORIGINS
        if not origin_of(origin)
    ]
    return errors


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
