"""How others reach us: API keys, and the webhook events that have been taken in."""

import hashlib
import secrets
from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class ApiKeyManager(models.Manager["ApiKey"]):
    def issue(self, *, name: str, created_by: Any = None) -> tuple["ApiKey", str]:
        """A new key and its secret. The secret can be shown this once; only its hash is kept."""
        secret = f"wl_{secrets.token_urlsafe(32)}"
        key = self.create(
            name=name, prefix=secret[:11], key_hash=hash_key(secret), created_by=created_by
        )
        return key, secret

    def by_secret(self, secret: str) -> "ApiKey | None":
        return self.filter(key_hash=hash_key(secret), revoked_at__isnull=True).first()


def hash_key(secret: str) -> str:
    """SHA-256 in hex. A random secret of 256 bits needs no slow hash."""
    return hashlib.sha256(secret.encode()).hexdigest()


class ApiKey(models.Model):
    name = models.CharField(_("name"), max_length=100, help_text=_("Who uses it."))
    prefix = models.CharField(_("begins with"), max_length=16, editable=False)
    key_hash = models.CharField(max_length=64, unique=True, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True,
        editable=False, related_name="+",
    )  # fmt: skip
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    last_used_at = models.DateTimeField(_("last used"), null=True, blank=True, editable=False)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True, editable=False)

    objects = ApiKeyManager()

    class Meta:
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    def revoke(self) -> None:
        self.revoked_at = timezone.now()
        self.save(update_fields=["revoked_at"])


class WebhookEvent(models.Model):
    """An event of a billing system, taken in once. Its payload is kept for 30 days for a replay."""

    class Outcome(models.TextChoices):
        APPLIED = "applied", _("Applied")
        IGNORED = "ignored", _("Not about a cancellation")
        FAILED = "failed", _("Failed")

    provider = models.CharField(_("provider"), max_length=50)
    event_id = models.CharField(_("event ID"), max_length=200)
    event_type = models.CharField(_("event type"), max_length=100, blank=True)
    occurred_at = models.DateTimeField(_("occurred"), null=True, blank=True)
    received_at = models.DateTimeField(_("received"), auto_now_add=True)
    outcome = models.CharField(_("outcome"), max_length=10, choices=Outcome)
    detail = models.CharField(_("detail"), max_length=500, blank=True)
    customer_external_id = models.CharField(max_length=200, blank=True, db_index=True)
    payload = models.JSONField(_("payload"), null=True, blank=True)

    class Meta:
        verbose_name = _("webhook event")
        verbose_name_plural = _("webhook events")
        ordering = ["-received_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "event_id"], name="surveys_webhook_event_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.provider} {self.event_type}"
