"""The same columns, indexes and constraints as our response and its answers have."""

from django.db import models
from django.db.models import Q


class Invitation(models.Model):  # noqa: DJ008
    token = models.CharField(max_length=32, unique=True)
    language = models.CharField(max_length=20)
    opened_at = models.DateTimeField(null=True)


class Question(models.Model):  # noqa: DJ008
    key = models.CharField(max_length=50, unique=True)


class Response(models.Model):  # noqa: DJ008
    # Whom and what it is about are numbers here, not keys: nothing has to be looked up first.
    token = models.CharField(max_length=32, unique=True)
    version = models.BigIntegerField(db_index=True, default=1)
    customer = models.BigIntegerField(db_index=True, default=1)
    intent = models.BigIntegerField(unique=True, null=True)
    cancellation = models.BigIntegerField(db_index=True, null=True, default=1)
    language = models.CharField(max_length=20)
    revision = models.PositiveIntegerField(default=1)
    is_test = models.BooleanField(default=False)
    text_probe = models.CharField(max_length=50, blank=True)
    unsent = models.JSONField(default=dict, blank=True)
    unsent_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField()
    submitted_at = models.DateTimeField(db_index=True)
    completed_at = models.DateTimeField(null=True)


class Answer(models.Model):  # noqa: DJ008
    response = models.ForeignKey(Response, on_delete=models.CASCADE)
    question = models.ForeignKey(Question, on_delete=models.PROTECT)
    revision = models.PositiveIntegerField(default=1)
    is_current = models.BooleanField(default=True)
    choices = models.JSONField(default=list)
    displayed = models.JSONField(default=list)
    text = models.TextField(blank=True)
    scale = models.PositiveSmallIntegerField(null=True)
    answered_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["response", "question", "revision"], name="bare_answer_once_a_revision"
            ),
            models.UniqueConstraint(
                fields=["response", "question"],
                condition=Q(is_current=True),
                name="bare_answer_one_current",
            ),
            models.CheckConstraint(
                condition=Q(scale__isnull=True) | Q(scale__range=(0, 10)),
                name="bare_answer_scale_range",
            ),
        ]
