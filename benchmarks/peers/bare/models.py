"""The least that one response with its answers needs."""

from django.db import models


class Invitation(models.Model):  # noqa: DJ008
    token = models.CharField(max_length=32, unique=True)
    language = models.CharField(max_length=20)
    opened_at = models.DateTimeField(null=True)


class Question(models.Model):  # noqa: DJ008
    key = models.CharField(max_length=50, unique=True)


class Response(models.Model):  # noqa: DJ008
    token = models.CharField(max_length=32, unique=True)
    language = models.CharField(max_length=20)
    submitted_at = models.DateTimeField()


class Answer(models.Model):  # noqa: DJ008
    response = models.ForeignKey(Response, on_delete=models.CASCADE)
    question = models.ForeignKey(Question, on_delete=models.PROTECT)
    choices = models.JSONField(default=list)
    text = models.TextField(blank=True)
    answered_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["response", "question"], name="bare_answer_once")
        ]
