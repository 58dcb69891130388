"""Who calls: a key in the header ``Authorization: Bearer wl_...`` (or ``Api-Key wl_...``)."""

import datetime as dt
from dataclasses import dataclass

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from surveys.models import ApiKey

SCHEMES = (b"bearer", b"api-key")
# One write a minute and key is enough to see which keys are still in use.
USE_IS_NOTED_EVERY = dt.timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class ApiCaller:
    """Whoever holds a key. Not a user: it has no rights but those of the API."""

    key: ApiKey
    is_authenticated: bool = True
    is_active: bool = True
    is_anonymous: bool = False

    def __str__(self) -> str:
        return self.key.name


class ApiKeyAuthentication(BaseAuthentication):
    """``request.auth`` is the ApiKey, ``request.user`` an ApiCaller. One query, at times two."""

    def authenticate(self, request: Request) -> tuple[ApiCaller, ApiKey] | None:
        parts = get_authorization_header(request).split()
        if not parts or parts[0].lower() not in SCHEMES:
            return None
        if len(parts) != 2:
            raise AuthenticationFailed(
                gettext("The header Authorization must read: Bearer, one blank, the key.")
            )
        # Bytes that are no ASCII cannot be a key; they only must not become an error.
        key = ApiKey.objects.by_secret(parts[1].decode("ascii", "replace"))
        if key is None:
            raise AuthenticationFailed(gettext("The API key is unknown or has been revoked."))
        _note_use(key)
        return ApiCaller(key), key

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'


def _note_use(key: ApiKey) -> None:
    now = timezone.now()
    long_ago = now - USE_IS_NOTED_EVERY
    if key.last_used_at is None or key.last_used_at <= long_ago:
        not_noted = Q(last_used_at__isnull=True) | Q(last_used_at__lte=long_ago)
        ApiKey.objects.filter(not_noted, pk=key.pk).update(last_used_at=now)
