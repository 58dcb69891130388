"""Surveys, their frozen versions, and what stands in them."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class SurveyMoment(models.TextChoices):
    CANCELLING = "cancelling", _("While cancelling")
    LEFT = "left", _("After the cancellation")


MOST_REMINDERS = 5
LONGEST_INTERVAL_DAYS = 60


def default_reminder_days() -> list[int]:
    return [3]


def check_reminder_days(value: Any) -> None:
    """ValidationError unless it is a list of at most 5 whole numbers from 1 to 60."""
    days = value if isinstance(value, list) else [None]
    if len(days) > MOST_REMINDERS or not all(
        type(each) is int and 1 <= each <= LONGEST_INTERVAL_DAYS for each in days
    ):
        raise ValidationError(
            _("At most %(most)s whole numbers from 1 to %(longest)s, such as [3, 7]."),
            params={"most": MOST_REMINDERS, "longest": LONGEST_INTERVAL_DAYS},
        )


class Survey(models.Model):
    """A questionnaire with a history of versions. ``key`` never changes.

    When its mails go out is said here and not in a version: it can change at any time.
    """

    key = models.SlugField(_("key"), max_length=50, unique=True)
    name = models.CharField(_("name"), max_length=100)
    moment = models.CharField(_("moment"), max_length=20, choices=SurveyMoment)
    is_archived = models.BooleanField(_("archived"), default=False)
    delay_minutes = models.PositiveIntegerField(
        _("minutes after the cancellation"),
        null=True,
        blank=True,
        help_text=_("Empty: as the installation is set up."),
    )
    window_from = models.TimeField(
        _("not before"),
        null=True,
        blank=True,
        help_text=_("Time of day where the customer is. Empty: mails go out at any time."),
    )
    window_until = models.TimeField(_("not after"), null=True, blank=True)
    # Days after the mail before it, one number a reminder: [3, 7] reminds after 3 and 10 days.
    reminder_days = models.JSONField(
        _("reminders after days"), default=default_reminder_days, blank=True
    )
    expires_days = models.PositiveSmallIntegerField(
        _("days until the link expires"),
        null=True,
        blank=True,
        help_text=_("Empty: as the installation is set up."),
    )

    class Meta:
        verbose_name = _("survey")
        verbose_name_plural = _("surveys")
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=Q(window_from__isnull=True, window_until__isnull=True)
                | Q(window_from__lt=models.F("window_until")),
                name="surveys_survey_window_has_two_ends",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        super().clean()
        problems: dict[str, Any] = {}
        try:
            check_reminder_days(self.reminder_days)
        except ValidationError as error:
            problems["reminder_days"] = error
        if (self.window_from is None) != (self.window_until is None):
            missing = "window_from" if self.window_from is None else "window_until"
            problems[missing] = _("A sending window has two ends: enter both or none.")
        elif self.window_from and self.window_until and self.window_from >= self.window_until:
            problems["window_until"] = _("The window ends after it begins.")
        if problems:
            raise ValidationError(problems)


class SurveyVersion(models.Model):
    """One wording of a survey. Published, it is frozen; pages are made of its ``definition``."""

    survey = models.ForeignKey(Survey, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField(_("number"))
    default_language = models.CharField(_("default language"), max_length=20, default="en")
    # Empty while it is a draft; then the whole questionnaire, as surveys.questionnaire wrote it.
    definition = models.JSONField(default=dict, editable=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    published_at = models.DateTimeField(_("published"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("survey version")
        verbose_name_plural = _("survey versions")
        ordering = ["survey", "-number"]
        constraints = [
            models.UniqueConstraint(
                fields=["survey", "number"], name="surveys_version_number_once"
            ),
            models.UniqueConstraint(
                fields=["survey"],
                condition=Q(published_at__isnull=True),
                name="surveys_version_one_draft",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.survey} v{self.number}"

    @property
    def is_published(self) -> bool:
        return self.published_at is not None


class VersionText(models.Model):
    """What a version says outside its questions, in one language, pages and mail alike.

    Operators write plain ``{name}`` placeholders; they are never run as templates.
    """

    version = models.ForeignKey(SurveyVersion, on_delete=models.CASCADE, related_name="texts")
    language = models.CharField(_("language"), max_length=20)
    title = models.CharField(_("title"), max_length=200)
    introduction = models.TextField(_("introduction"), blank=True)
    more_title = models.CharField(_("title of the second screen"), max_length=200, blank=True)
    more_introduction = models.TextField(_("introduction of the second screen"), blank=True)
    thanks_title = models.CharField(_("title of the thanks"), max_length=200)
    thanks_text = models.TextField(_("thanks"), blank=True)
    mail_subject = models.CharField(_("subject of the mail"), max_length=200, blank=True)
    mail_body = models.TextField(_("text of the mail"), blank=True)
    reminder_subject = models.CharField(_("subject of the reminder"), max_length=200, blank=True)
    reminder_body = models.TextField(_("text of the reminder"), blank=True)

    class Meta:
        verbose_name = _("text")
        verbose_name_plural = _("texts")
        ordering = ["version", "language"]
        constraints = [
            models.UniqueConstraint(
                fields=["version", "language"], name="surveys_version_text_once_a_language"
            ),
        ]

    def __str__(self) -> str:
        return self.language


LAST_SCREEN = 9


class QuestionKind(models.TextChoices):
    SINGLE = "single", _("Single choice")
    MULTIPLE = "multiple", _("Several choices")
    TEXT = "text", _("Text")
    SCALE = "scale", _("Scale from 0 to 10")


class QuestionRole(models.TextChoices):
    """What an answer is good for. Reasons are read by role, never by wording."""

    REASON = "reason", _("Main reason")
    PROBE = "probe", _("Follow-up that settles the reason")
    REASON_TEXT = "reason_text", _("Main reason in own words")
    CONTRIBUTING = "contributing", _("What else contributed")
    STUCK = "stuck", _("Where they got stuck")
    DESTINATION = "destination", _("What they use instead")
    DESTINATION_NAME = "destination_name", _("Name of what they use instead")
    OPEN_DOOR = "open_door", _("May we write when this has changed")
    DID_WELL = "did_well", _("What we did well")
    COMMENT = "comment", _("Anything else")


class Question(models.Model):
    version = models.ForeignKey(SurveyVersion, on_delete=models.CASCADE, related_name="questions")
    key = models.SlugField(_("key"), max_length=50)
    kind = models.CharField(_("kind"), max_length=10, choices=QuestionKind)
    role = models.CharField(_("role"), max_length=20, choices=QuestionRole)
    screen = models.PositiveSmallIntegerField(_("screen"), default=1)
    position = models.PositiveSmallIntegerField(_("position"))
    required = models.BooleanField(_("required"), default=False)
    shuffle = models.BooleanField(
        _("shuffle choices"), default=False, help_text=_("Pinned choices stay last.")
    )

    class Meta:
        verbose_name = _("question")
        verbose_name_plural = _("questions")
        ordering = ["version", "screen", "position"]
        constraints = [
            models.UniqueConstraint(
                fields=["version", "key"], name="surveys_question_key_once_a_version"
            ),
            models.UniqueConstraint(
                fields=["version", "screen", "position"],
                name="surveys_question_position_once_a_screen",
            ),
            models.CheckConstraint(
                condition=Q(screen__range=(1, LAST_SCREEN)), name="surveys_question_screen_range"
            ),
        ]

    def __str__(self) -> str:
        return self.key


class QuestionText(models.Model):
    question = models.ForeignKey(Question, on_delete=models.CASCADE, related_name="texts")
    language = models.CharField(_("language"), max_length=20)
    label = models.CharField(_("question"), max_length=300)
    help_text = models.CharField(_("hint"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("question text")
        verbose_name_plural = _("question texts")
        constraints = [
            models.UniqueConstraint(
                fields=["question", "language"], name="surveys_question_text_once_a_language"
            ),
        ]

    def __str__(self) -> str:
        return self.label


class Choice(models.Model):
    """One answer to choose. Its key means the same for ever; its wording belongs to the version."""

    question = models.ForeignKey(Question, on_delete=models.CASCADE, related_name="choices")
    key = models.SlugField(_("key"), max_length=50)
    position = models.PositiveSmallIntegerField(_("position"))
    pinned = models.BooleanField(_("stays last"), default=False)

    class Meta:
        verbose_name = _("choice")
        verbose_name_plural = _("choices")
        ordering = ["question", "position"]
        constraints = [
            models.UniqueConstraint(
                fields=["question", "key"], name="surveys_choice_key_once_a_question"
            ),
            models.UniqueConstraint(
                fields=["question", "position"], name="surveys_choice_position_once_a_question"
            ),
        ]

    def __str__(self) -> str:
        return self.key


class ChoiceText(models.Model):
    choice = models.ForeignKey(Choice, on_delete=models.CASCADE, related_name="texts")
    language = models.CharField(_("language"), max_length=20)
    label = models.CharField(_("wording"), max_length=200)

    class Meta:
        verbose_name = _("choice text")
        verbose_name_plural = _("choice texts")
        constraints = [
            models.UniqueConstraint(
                fields=["choice", "language"], name="surveys_choice_text_once_a_language"
            ),
        ]

    def __str__(self) -> str:
        return self.label


class ConditionTest(models.TextChoices):
    CHOICE = "choice", _("A choice was taken")
    TEXT = "text", _("Something was written")
    SCALE = "scale", _("The scale is in a range")


class Condition(models.Model):
    """When to show ``question``. Several conditions: any of them is enough.

    It rests on an earlier question: on one of its choices (``choice``), or on the text or scale
    question ``source``, the scale from ``at_least`` to ``at_most``, both inclusive.
    """

    question = models.ForeignKey(Question, on_delete=models.CASCADE, related_name="conditions")
    test = models.CharField(
        _("test"), max_length=10, choices=ConditionTest, default=ConditionTest.CHOICE
    )
    choice = models.ForeignKey(
        Choice, on_delete=models.CASCADE, null=True, blank=True, related_name="opens"
    )
    source = models.ForeignKey(
        Question, on_delete=models.CASCADE, null=True, blank=True, related_name="opens"
    )
    at_least = models.PositiveSmallIntegerField(_("at least"), null=True, blank=True)
    at_most = models.PositiveSmallIntegerField(_("at most"), null=True, blank=True)

    class Meta:
        verbose_name = _("condition")
        verbose_name_plural = _("conditions")
        constraints = [
            models.UniqueConstraint(
                fields=["question", "choice"],
                condition=Q(choice__isnull=False),
                name="surveys_condition_once_a_choice",
            ),
            models.UniqueConstraint(
                fields=["question", "source"],
                condition=Q(source__isnull=False),
                name="surveys_condition_once_a_source",
            ),
            models.CheckConstraint(
                condition=Q(
                    test=ConditionTest.CHOICE,
                    choice__isnull=False,
                    source__isnull=True,
                    at_least__isnull=True,
                    at_most__isnull=True,
                )
                | Q(
                    test=ConditionTest.TEXT,
                    choice__isnull=True,
                    source__isnull=False,
                    at_least__isnull=True,
                    at_most__isnull=True,
                )
                | Q(
                    test=ConditionTest.SCALE,
                    choice__isnull=True,
                    source__isnull=False,
                    at_least__gte=0,
                    at_most__lte=10,
                    at_least__lte=models.F("at_most"),
                ),
                name="surveys_condition_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.question} <- {self.choice or self.source}"


class RoutingRule(models.Model):
    """Which survey an intent or a cancellation gets. The first rule that fits wins."""

    position = models.PositiveSmallIntegerField(_("position"), unique=True)
    moment = models.CharField(_("moment"), max_length=20, choices=SurveyMoment)
    kind = models.CharField(
        _("kind"), max_length=20, blank=True, help_text=_("Empty: any kind of cancellation.")
    )
    trial = models.BooleanField(_("trial"), null=True, blank=True, help_text=_("Unknown: either."))
    keeps_paying = models.BooleanField(
        _("keeps something else"),
        null=True,
        blank=True,
        help_text=_("Whether another paid subscription goes on. Unknown: either."),
    )
    segment = models.CharField(_("segment"), max_length=100, blank=True)
    language = models.CharField(_("language"), max_length=20, blank=True)
    survey = models.ForeignKey(
        Survey, on_delete=models.PROTECT, null=True, blank=True, related_name="routing_rules",
        help_text=_("Empty: no survey."),
    )  # fmt: skip

    class Meta:
        verbose_name = _("routing rule")
        verbose_name_plural = _("routing rules")
        ordering = ["position"]

    def __str__(self) -> str:
        return f"{self.position}: {self.survey or '-'}"
