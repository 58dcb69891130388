"""Responses and answers. An answer is never overwritten: a later one becomes the current one."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from surveys.models.cancellations import Cancellation, Intent
from surveys.models.customers import Customer
from surveys.models.invitations import Invitation
from surveys.models.questionnaires import Question, SurveyVersion


class ResponseQuerySet(models.QuerySet["Response"]):
    def submitted(self) -> "ResponseQuerySet":
        return self.filter(submitted_at__isnull=False)

    def counted(self) -> "ResponseQuerySet":
        """Submitted, and neither a test nor a test customer's."""
        return self.submitted().filter(is_test=False, customer__is_test=False)


class Response(models.Model):
    """One submitted survey: one for each invitation, by the database's word."""

    invitation = models.OneToOneField(Invitation, on_delete=models.CASCADE, related_name="response")
    survey_version = models.ForeignKey(
        SurveyVersion, on_delete=models.PROTECT, related_name="responses"
    )
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="responses")
    # An answer given while cancelling attaches to the cancellation that follows.
    intent = models.OneToOneField(
        Intent, on_delete=models.SET_NULL, null=True, blank=True, related_name="response"
    )
    cancellation = models.ForeignKey(
        Cancellation, on_delete=models.SET_NULL, null=True, blank=True, related_name="responses"
    )
    language = models.CharField(_("language"), max_length=20)
    revision = models.PositiveIntegerField(_("revision"), default=1)
    is_test = models.BooleanField(_("test response"), default=False)
    # The follow-up that the written answer called for, by key; "" where it called for none.
    text_probe = models.CharField(_("follow-up to the text"), max_length=50, blank=True)
    # What was filled in and not sent yet, values by question key; personal data like a verbatim.
    unsent = models.JSONField(default=dict, blank=True, editable=False)
    unsent_at = models.DateTimeField(_("filled in, not sent"), null=True, blank=True)
    started_at = models.DateTimeField(_("started"))
    submitted_at = models.DateTimeField(_("submitted"), null=True, blank=True)
    completed_at = models.DateTimeField(
        _("completed"), null=True, blank=True, help_text=_("The last screen was sent.")
    )

    objects = ResponseQuerySet.as_manager()

    class Meta:
        verbose_name = _("response")
        verbose_name_plural = _("responses")
        ordering = ["-started_at", "-pk"]
        indexes = [models.Index(fields=["submitted_at"], name="surveys_response_submitted")]

    def __str__(self) -> str:
        return f"{self.customer} {self.submitted_at:%Y-%m-%d}" if self.submitted_at else "…"


class AnswerQuerySet(models.QuerySet["Answer"]):
    def current(self) -> "AnswerQuerySet":
        return self.filter(is_current=True)


class Answer(models.Model):
    """The answer to one question; wording and choices stand in the frozen version.

    ``choices`` and ``displayed`` are lists of choice keys, the second in the order in which
    this respondent saw them (empty for text and scale).
    """

    response = models.ForeignKey(Response, on_delete=models.CASCADE, related_name="answers")
    question = models.ForeignKey(Question, on_delete=models.PROTECT, related_name="answers")
    revision = models.PositiveIntegerField(_("revision"), default=1)
    is_current = models.BooleanField(_("current"), default=True)
    choices = models.JSONField(_("choices"), default=list, blank=True)
    displayed = models.JSONField(_("displayed order"), default=list, blank=True)
    text = models.TextField(_("verbatim"), blank=True)
    scale = models.PositiveSmallIntegerField(_("scale value"), null=True, blank=True)
    answered_at = models.DateTimeField(_("answered"))

    objects = AnswerQuerySet.as_manager()

    class Meta:
        verbose_name = _("answer")
        verbose_name_plural = _("answers")
        ordering = ["response", "question"]
        permissions = [("view_verbatims", "Can read what customers wrote")]
        constraints = [
            models.UniqueConstraint(
                fields=["response", "question", "revision"], name="surveys_answer_once_a_revision"
            ),
            models.UniqueConstraint(
                fields=["response", "question"],
                condition=Q(is_current=True),
                name="surveys_answer_one_current",
            ),
            models.CheckConstraint(
                condition=Q(scale__isnull=True) | Q(scale__range=(0, 10)),
                name="surveys_answer_scale_range",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.question.key}: {self.choices or self.text or self.scale}"
