"""A survey's own form: its name and when its mails go out; and the form that begins one."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from surveys.default_surveys.templates import TEMPLATES
from surveys.earlier import key_from
from surveys.models import Survey, SurveyMoment

MINUTES = {"minutes": 1, "hours": 60, "days": 24 * 60}
UNITS = (("minutes", _("minutes")), ("hours", _("hours")), ("days", _("days")))
MOST_MINUTES = 14 * 24 * 60
MOST_REMINDERS, MOST_DAYS = 5, 60
EMPTY = "empty"


class DelayWidget(forms.MultiWidget):
    def __init__(self) -> None:
        number = forms.NumberInput(attrs={"min": 0, "class": "small", "aria-label": _("number")})
        unit = forms.Select(choices=UNITS, attrs={"aria-label": _("unit")})
        super().__init__([number, unit])

    def decompress(self, value: Any) -> list[Any]:
        """In the largest unit that says it without a fraction."""
        if value is None:
            return [None, "minutes"]
        unit = (
            next(
                unit
                for unit in ("days", "hours", "minutes")
                if value % MINUTES[unit] == 0 and value
            )
            if value
            else "minutes"
        )
        return [value // MINUTES[unit], unit]


class DelayField(forms.MultiValueField):
    """Minutes as an int, None where nothing is said."""

    widget = DelayWidget

    def __init__(self, **kwargs: Any) -> None:
        fields = (
            forms.IntegerField(min_value=0, required=False),
            forms.ChoiceField(choices=UNITS, required=False),
        )
        super().__init__(fields=fields, require_all_fields=False, **kwargs)

    def compress(self, values: Sequence[Any]) -> int | None:
        if not values or values[0] is None:
            return None
        minutes = int(values[0]) * MINUTES[values[1] or "minutes"]
        if minutes > MOST_MINUTES:
            raise forms.ValidationError(
                gettext("At most %(days)d days: nothing older is ever mailed.")
                % {"days": MOST_MINUTES // MINUTES["days"]}
            )
        return minutes


class SurveySettingsForm(forms.ModelForm):
    delay = DelayField(label=_("First mail after the cancellation"), required=False)
    reminders = forms.CharField(
        label=_("Reminders after days"),
        required=False,
        max_length=50,
        help_text=_(
            "Days after the mail before it, separated by commas: “3, 7” reminds after 3 days, and "
            "once more 7 days later. Only those who have not answered are reminded. Empty: never."
        ),
    )
    window_from = forms.TimeField(
        label=_("Mails go out from"),
        required=False,
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        help_text=_("Time of day where the customer is. Empty: at any time."),
    )
    window_until = forms.TimeField(
        label=_("until"),
        required=False,
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
    )
    expires_days = forms.IntegerField(
        label=_("The link works for so many days"), required=False, min_value=1, max_value=365
    )

    class Meta:
        model = Survey
        fields = ("name", "window_from", "window_until", "expires_days")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["delay"].help_text = gettext(
            "Empty: as the installation is set up, %(minutes)d minutes."
        ) % {"minutes": settings.INVITATION_DELAY_MINUTES}
        self.fields["expires_days"].help_text = gettext(
            "Empty: as the installation is set up, %(days)d days."
        ) % {"days": settings.INVITATION_EXPIRES_DAYS}
        self.initial["delay"] = self.instance.delay_minutes
        self.initial["reminders"] = ", ".join(map(str, self.instance.reminder_days))

    def clean_reminders(self) -> list[int]:
        parts = [part.strip() for part in self.cleaned_data["reminders"].split(",")]
        days = [part for part in parts if part]
        if not all(day.isdecimal() and 1 <= int(day) <= MOST_DAYS for day in days):
            raise forms.ValidationError(
                gettext("Whole numbers from 1 to %(most)d with commas between, please: 3, 7")
                % {"most": MOST_DAYS}
            )
        if len(days) > MOST_REMINDERS:
            raise forms.ValidationError(
                gettext("At most %(most)d reminders: more annoy.") % {"most": MOST_REMINDERS}
            )
        return [int(day) for day in days]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        start: dt.time | None = cleaned.get("window_from")
        end: dt.time | None = cleaned.get("window_until")
        if (start is None) != (end is None) and not self.errors:
            missing = "window_from" if start is None else "window_until"
            self.add_error(missing, gettext("Both ends or neither, please."))
        elif start and end and start >= end:
            self.add_error("window_until", gettext("This must be later than the beginning."))
        return cleaned

    def save(self, commit: bool = True) -> Survey:
        self.instance.delay_minutes = self.cleaned_data["delay"]
        self.instance.reminder_days = self.cleaned_data["reminders"]
        saved: Survey = super().save(commit)
        return saved


class NewSurveyForm(forms.ModelForm):
    """``copy_of``: a survey to begin with, in the place of a template."""

    template = forms.ChoiceField(
        label=_("Start from"), widget=forms.RadioSelect, initial=TEMPLATES[0].key
    )
    key = forms.SlugField(
        label=_("Key"),
        required=False,
        max_length=50,
        help_text=_(
            "How exports and the API name this survey. Empty: made from the name. It can never be "
            "changed afterwards."
        ),
    )
    moment = forms.ChoiceField(
        label=_("Asked"),
        required=False,
        choices=[("", _("as the template says")), *SurveyMoment.choices],
        help_text=_("Needed for an empty survey."),
    )

    class Meta:
        model = Survey
        fields = ("name",)

    def __init__(self, *args: Any, copy_of: Survey | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if copy_of is not None:
            del self.fields["template"], self.fields["moment"]
            return
        self.fields["template"].choices = [  # type: ignore[attr-defined]
            *((each.key, f"{each.name}: {each.description}") for each in TEMPLATES),
            (EMPTY, gettext("Empty: one question to begin with")),
        ]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("template") == EMPTY and not cleaned.get("moment"):
            self.add_error("moment", gettext("Say when it is asked."))
        key = cleaned.get("key") or key_from(cleaned.get("name") or "") or "survey"
        taken = set(Survey.objects.values_list("key", flat=True))
        if cleaned.get("key") in taken:
            self.add_error("key", gettext("Another survey has this key."))
        number, stem = 2, key
        while key in taken:
            key, number = f"{stem}_{number}", number + 1
        cleaned["key"] = key
        return cleaned
