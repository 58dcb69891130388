"""The settings of an installation; only the collected static files stand elsewhere."""

from config.settings import *  # noqa: F403
from config.settings import VAR_DIR

STATIC_ROOT = VAR_DIR / "staticfiles"
