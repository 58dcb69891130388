from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ReasonsConfig(AppConfig):
    name = "reasons"
    verbose_name = _("Reasons")

    def ready(self) -> None:
        from reasons import receivers  # noqa: F401  (connects the signals of surveys)
        from reasons.erasure import erase_from_reasons
        from reasons.publishing import missing_meanings
        from surveys import registries

        registries.publish_checks.append(missing_meanings)
        registries.erasers.append(erase_from_reasons)
