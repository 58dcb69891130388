"""The admin's pages of this room, a file a topic."""

from reasons.admin import (  # noqa: F401  (each registers its models)
    classifications,
    classifier,
    meanings,
    taxonomy,
)
