"""The Celery application. Rows are the truth: a task only hastens what its row already says."""

import os

from celery import Celery
from celery.signals import after_setup_logger, after_setup_task_logger

from config import folder_broker
from config.logs import redact_handlers

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

folder_broker.register()
app = Celery("whyleft")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

after_setup_logger.connect(redact_handlers)
after_setup_task_logger.connect(redact_handlers)
