import pytest

from tests.mail_sink import mail_sink


@pytest.fixture
def sink(settings):
    """A mail server of our own, and settings that send to it over SMTP."""
    with mail_sink() as sink:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", sink.port
        settings.EMAIL_TIMEOUT = 1
        yield sink
