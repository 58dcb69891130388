from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class WhyleftConfig(AppConfig):
    name = "config"
    verbose_name = "Whyleft"

    def ready(self) -> None:
        from config import checks  # noqa: F401  (registers the system checks)


class WhyleftAdminConfig(AdminConfig):
    default_site = "config.admin_site.WhyleftAdminSite"
