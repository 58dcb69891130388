from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ReasonsConfig(AppConfig):
    name = "reasons"
    verbose_name = _("Reasons")

    def ready(self) -> None:
        from reasons import receivers  # noqa: F401  (connects the signals of surveys)
        from reasons.choice_field import MeaningField
        from reasons.defaults import copy_meanings
        from reasons.erasure import erase_from_reasons
        from reasons.notes import reasons_in_words
        from reasons.probe_choosing import choose_probe
        from reasons.publishing import missing_meanings
        from surveys import registries

        registries.publish_checks.append(missing_meanings)
        registries.probe_choosers.append(choose_probe)
        registries.erasers.append(erase_from_reasons)
        registries.choice_fields.append(MeaningField())
        registries.survey_copiers.append(copy_meanings)
        registries.cancellation_notes.append(reasons_in_words)
