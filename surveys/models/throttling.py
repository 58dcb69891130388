"""How often somebody asked for links that do not exist."""

from django.db import models


class UnknownLinkCount(models.Model):
    """Requests for unknown tokens by one address in one window of time.

    ``digest`` is keyed, so that no network address is kept; rows are purged with their window.
    """

    digest = models.CharField(max_length=64)
    window_start = models.DateTimeField()
    count = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["digest", "window_start"], name="surveys_unknown_link_once_a_window"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.digest[:8]}… {self.count}"
