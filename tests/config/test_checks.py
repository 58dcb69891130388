"""System checks: what would fail late is refused at start, in words that say what to write."""

import pytest

from config.checks import check_mail, check_organisation, check_shared_secret, check_webhook_secrets

POSTGRES = {"default": {"ENGINE": "django.db.backends.postgresql"}}
SQLITE = {"default": {"ENGINE": "django.db.backends.sqlite3"}}


@pytest.mark.parametrize(
    ("name", "value", "found"),
    [
        ("ORGANISATION_TIME_ZONE", "Europe/Berlin", []),
        ("ORGANISATION_TIME_ZONE", "Europe/Bonn", ["config.E001"]),
        ("ORGANISATION_TIME_ZONE", "../etc/passwd", ["config.E001"]),
        ("ORGANISATION_TIME_ZONE", "", ["config.E001"]),
        ("REPORTING_CURRENCY", "EUR", []),
        ("REPORTING_CURRENCY", "EURO", ["config.E002"]),
        ("REPORTING_CURRENCY", "E1R", ["config.E002"]),
        ("REPORTING_CURRENCY", "ÄÖÜ", ["config.E002"]),
        ("LIFE_STAGE_MONTHS", (1, 2), []),
        ("LIFE_STAGE_MONTHS", (0, 12), ["config.E003"]),
        ("LIFE_STAGE_MONTHS", (12, 12), ["config.E003"]),
        ("LIFE_STAGE_MONTHS", (12, 3), ["config.E003"]),
    ],
)
def test_organisation(settings, name, value, found):
    setattr(settings, name, value)
    assert [error.id for error in check_organisation()] == found


@pytest.mark.parametrize(
    ("secrets", "found"),
    [
        ([], []),
        (["whsec_1", "whsec_2"], []),
        (["whsec_1", ""], ["config.E004"]),
        ([" "], ["config.E004"]),
    ],
)
def test_webhook_secrets(settings, secrets, found):
    settings.STRIPE_WEBHOOK_SECRETS = secrets
    assert [error.id for error in check_webhook_secrets()] == found


@pytest.mark.parametrize(
    ("secrets", "found"),
    [
        ([], []),
        (["user:password", "user:new"], []),
        (["password"], ["config.E008"]),
        (["user:"], ["config.E008"]),
        ([":password"], ["config.E008"]),
    ],
)
def test_the_secret_that_mail_providers_send(settings, secrets, found):
    settings.ANYMAIL = {"WEBHOOK_SECRET": secrets}
    assert [error.id for error in check_mail()] == found


@pytest.mark.parametrize(
    ("provider", "found"),
    [("postmark", []), ("amazon_ses_v9", ["config.E009"]), ("a/b", ["config.E009"])],
)
def test_a_mail_provider_that_there_is(settings, provider, found):
    settings.MAIL_PROVIDER = provider
    settings.EMAIL_BACKEND = f"anymail.backends.{provider}.EmailBackend"
    assert [error.id for error in check_mail()] == found


@pytest.mark.parametrize(
    ("databases", "https", "embedded", "found"),
    [
        (SQLITE, False, True, []),
        (SQLITE, True, True, []),
        (POSTGRES, False, True, []),
        (POSTGRES, True, False, []),
        (POSTGRES, True, True, ["config.E005"]),
    ],
)
def test_several_machines_need_one_secret_key(
    settings, monkeypatch, databases, https, embedded, found
):
    # Not through the fixture: Django warns of a database that changes under its feet.
    monkeypatch.setattr("config.checks.settings.DATABASES", databases)
    settings.HTTPS, settings.SECRET_KEY_IS_EMBEDDED = https, embedded
    assert [error.id for error in check_shared_secret()] == found
