"""Reasons, what leads to them, and the classifications that follow."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from surveys.models import Answer, Cancellation, Response


class Category(models.TextChoices):
    REQUIRED_OUTCOME = "required_outcome", _("Required outcome")
    APPROPRIATE_EXPERIENCE = "appropriate_experience", _("Appropriate experience")
    CIRCUMSTANCES = "circumstances", _("Customer circumstances")
    UNRESOLVED = "unresolved", _("Unresolved")


class Avoidable(models.TextChoices):
    YES = "yes", _("yes")
    PARTLY = "partly", _("partly")
    NO = "no", _("no")
    UNKNOWN = "unknown", _("unknown")


class Reason(models.Model):
    """A leaf of the taxonomy. Its code never changes."""

    code = models.SlugField(_("code"), max_length=50, unique=True)
    category = models.CharField(_("category"), max_length=30, choices=Category)
    label = models.CharField(_("label"), max_length=100)
    description = models.TextField(_("description"), blank=True)
    avoidable = models.CharField(
        _("avoidable"), max_length=10, choices=Avoidable, default=Avoidable.UNKNOWN,
        help_text=_("Unless an analyst says otherwise for a cancellation."),
    )  # fmt: skip
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    is_retired = models.BooleanField(_("retired"), default=False)

    class Meta:
        verbose_name = _("reason")
        verbose_name_plural = _("reasons")
        ordering = ["category", "position", "code"]
        constraints = [
            models.CheckConstraint(
                condition=Q(category__in=Category.values), name="reasons_reason_category_known"
            ),
        ]

    def __str__(self) -> str:
        return self.label


class ReasonText(models.Model):
    """A reason's label in another language."""

    reason = models.ForeignKey(Reason, on_delete=models.CASCADE, related_name="texts")
    language = models.CharField(_("language"), max_length=20)
    label = models.CharField(_("label"), max_length=100)
    description = models.TextField(_("description"), blank=True)

    class Meta:
        verbose_name = _("reason text")
        verbose_name_plural = _("reason texts")
        constraints = [
            models.UniqueConstraint(
                fields=["reason", "language"], name="reasons_reason_text_once_a_language"
            ),
        ]

    def __str__(self) -> str:
        return self.label


class ChoiceMapping(models.Model):
    """What a choice means. A reason of the category *unresolved*: it needs a probe."""

    survey_key = models.SlugField(_("survey"), max_length=50)
    question_key = models.SlugField(_("question"), max_length=50)
    choice_key = models.SlugField(_("choice"), max_length=50)
    reason = models.ForeignKey(Reason, on_delete=models.PROTECT, related_name="choice_mappings")

    class Meta:
        verbose_name = _("meaning of a choice")
        verbose_name_plural = _("meanings of choices")
        ordering = ["survey_key", "question_key", "choice_key"]
        constraints = [
            models.UniqueConstraint(
                fields=["survey_key", "question_key", "choice_key"],
                name="reasons_choice_mapping_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.survey_key}.{self.question_key}.{self.choice_key}"


class ProviderMapping(models.Model):
    """What the reason code or text of a billing system or an import means."""

    source = models.CharField(_("source"), max_length=50)
    provider_reason = models.CharField(_("reason as it came in"), max_length=300)
    reason = models.ForeignKey(
        Reason, on_delete=models.PROTECT, null=True, blank=True, related_name="provider_mappings",
        help_text=_("Empty: it says nothing about why."),
    )  # fmt: skip

    class Meta:
        verbose_name = _("meaning of a provider's reason")
        verbose_name_plural = _("meanings of providers' reasons")
        ordering = ["source", "provider_reason"]
        constraints = [
            models.UniqueConstraint(
                fields=["source", "provider_reason"], name="reasons_provider_mapping_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source}: {self.provider_reason}"


class ClassifierVersion(models.Model):
    """A trained model: arrays (npz without pickle) and figures, so that every worker has it."""

    number = models.PositiveIntegerField(_("number"), unique=True)
    arrays = models.BinaryField(editable=False)
    figures = models.JSONField(_("figures"), default=dict)
    is_current = models.BooleanField(_("in use"), default=False)
    created_at = models.DateTimeField(_("trained"), auto_now_add=True)

    class Meta:
        verbose_name = _("classifier version")
        verbose_name_plural = _("classifier versions")
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(
                fields=["is_current"],
                condition=Q(is_current=True),
                name="reasons_classifier_one_current",
            ),
        ]

    def __str__(self) -> str:
        return f"v{self.number}"


class Role(models.TextChoices):
    PRIMARY = "primary", _("primary")
    CONTRIBUTING = "contributing", _("contributing")


class Perspective(models.TextChoices):
    STATED = "stated", _("stated by the customer")
    INTERNAL = "internal", _("concluded by the team")


class Source(models.TextChoices):
    CHOICE = "choice", _("choice")
    PROBE = "probe", _("follow-up")
    TEXT = "text", _("free text")
    PROVIDER = "provider", _("billing system")
    IMPORT = "import", _("import")
    ANALYST = "analyst", _("analyst")


class ClassificationQuerySet(models.QuerySet["Classification"]):
    def current(self) -> "ClassificationQuerySet":
        return self.filter(is_current=True)

    def primary(self, perspective: str = Perspective.STATED) -> "ClassificationQuerySet":
        return self.filter(is_current=True, role=Role.PRIMARY, perspective=perspective)


class Classification(models.Model):
    """One reason given to one cancellation. Append-only: what no longer holds stays, not current.

    The evidence is a span of the answer's verbatim, or of the comment that came in with the
    cancellation where ``answer`` is empty; never a copy.
    """

    cancellation = models.ForeignKey(
        Cancellation, on_delete=models.CASCADE, related_name="classifications"
    )
    response = models.ForeignKey(
        Response, on_delete=models.SET_NULL, null=True, blank=True, related_name="classifications"
    )
    answer = models.ForeignKey(
        Answer, on_delete=models.SET_NULL, null=True, blank=True, related_name="classifications"
    )
    reason = models.ForeignKey(Reason, on_delete=models.PROTECT, related_name="classifications")
    role = models.CharField(_("role"), max_length=20, choices=Role)
    perspective = models.CharField(
        _("perspective"), max_length=20, choices=Perspective, default=Perspective.STATED
    )
    source = models.CharField(_("source"), max_length=20, choices=Source)
    confidence = models.FloatField(
        _("confidence"), null=True, blank=True, help_text=_("0 to 1; empty where a person decided.")
    )
    needs_probe = models.BooleanField(_("needs a follow-up question"), default=False)
    evidence_start = models.PositiveIntegerField(null=True, blank=True)
    evidence_end = models.PositiveIntegerField(null=True, blank=True)
    avoidable = models.CharField(
        _("avoidable"), max_length=10, choices=Avoidable, blank=True,
        help_text=_("Empty: as the reason says."),
    )  # fmt: skip
    classifier_version = models.ForeignKey(
        ClassifierVersion, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True,
        related_name="+",
    )  # fmt: skip
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    is_current = models.BooleanField(_("current"), default=True)

    objects = ClassificationQuerySet.as_manager()

    class Meta:
        verbose_name = _("classification")
        verbose_name_plural = _("classifications")
        ordering = ["-created_at", "-pk"]
        permissions = [("correct_classification", "Can correct a classification")]
        constraints = [
            models.UniqueConstraint(
                fields=["cancellation", "perspective"],
                condition=Q(is_current=True, role="primary"),
                name="reasons_classification_one_primary",
            ),
            models.UniqueConstraint(
                fields=["cancellation", "perspective", "reason"],
                condition=Q(is_current=True),
                name="reasons_classification_reason_once",
            ),
            models.CheckConstraint(
                condition=Q(confidence__isnull=True) | Q(confidence__range=(0, 1)),
                name="reasons_classification_confidence_range",
            ),
            models.CheckConstraint(
                condition=Q(evidence_start__isnull=True, evidence_end__isnull=True)
                | Q(evidence_end__gt=F("evidence_start")),
                name="reasons_classification_evidence_span",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reason} ({self.get_source_display()})"


class Reading(models.Model):
    """Up to which state of a cancellation's contents reasons have been read from it."""

    cancellation = models.OneToOneField(
        Cancellation, on_delete=models.CASCADE, related_name="reading"
    )
    content_version = models.PositiveIntegerField()
    # An analyst should look: free text contradicts the choice, or the model could not decide.
    wants_review = models.BooleanField(_("wants review"), default=False)
    read_at = models.DateTimeField(_("read"), auto_now=True)

    class Meta:
        verbose_name = _("reading")
        verbose_name_plural = _("readings")

    def __str__(self) -> str:
        return f"{self.cancellation} @{self.content_version}"
