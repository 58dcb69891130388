"""Tokens, keys and addresses never reach a log, tracebacks included."""

import io
import logging

import pytest
from celery.signals import after_setup_logger
from django.conf import settings

from config.celery import app
from config.logs import RedactingFormatter, redacted
from tests.factories.surveys import InvitationFactory, published_version


@pytest.fixture
def log():
    """What the console of ``settings.LOGGING`` would show."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(RedactingFormatter(settings.LOGGING["formatters"]["plain"]["format"]))
    logging.getLogger().addHandler(handler)
    yield written
    logging.getLogger().removeHandler(handler)


def test_the_console_redacts():
    assert settings.LOGGING["formatters"]["plain"]["()"] == "config.logs.RedactingFormatter"
    assert settings.LOGGING["handlers"]["console"]["formatter"] == "plain"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Gone: /s/VuKQASDbPEtjRHPFUIYIBRgu/2/", "Gone: /s/…/2/"),
        ("https://x.example/u/VuKQASDb-EtjRHPFUIYIB_gu/", "https://x.example/u/…/"),
        ("Bearer wl_abc-DEF_123", "Bearer wl_…"),
        ("{'ann.b+x@mail.localhost.dev': (550, b'no')}", "{'…@mail.localhost.dev': (550, b'no')}"),
        ("550 <ann@kunde.de>: unknown", "550 <…@kunde.de>: unknown"),
        ("王芳@例子.中国 ist weg", "…@例子.中国 ist weg"),
        ("/static/surveys/survey.css", "/static/surveys/survey.css"),
        ("@page_of_figures(VIEW_FIGURES)", "@page_of_figures(VIEW_FIGURES)"),
    ],
)
def test_secrets_are_left_out_and_nothing_else(text, expected):
    assert redacted(text) == expected


@pytest.mark.django_db
def test_a_survey_that_is_sent_back_does_not_give_its_token_away(client, log):
    invitation = InvitationFactory(survey_version=published_version())
    assert client.post(f"/s/{invitation.token}/", {}).status_code == 422
    assert "Unprocessable Entity: /s/…/" in log.getvalue()
    assert invitation.token not in log.getvalue()


def test_tracebacks_are_redacted_too(log):
    try:
        raise ValueError("ann@kunde.de at /s/VuKQASDbPEtjRHPFUIYIBRgu/")
    except ValueError:
        logging.getLogger("surveys").exception("Sending to %s", "ann@kunde.de")
    assert "ValueError: …@kunde.de at /s/…/" in log.getvalue()
    assert "ann@" not in log.getvalue()


def test_the_workers_redact_as_well():
    """Celery puts handlers and formats of its own in the place of ours."""
    written = io.StringIO()
    logger = logging.Logger("worker")
    handler = logging.StreamHandler(written)
    handler.setFormatter(logging.Formatter("[worker] %(message)s"))
    logger.addHandler(handler)
    for _ in range(2):
        after_setup_logger.send(sender=app, logger=logger)
    logger.warning("refused: %s", "ann@kunde.de")
    assert written.getvalue() == "[worker] refused: …@kunde.de\n"
