"""No middleware, no templates, no signals; the database is set up as the installation's is."""

import json
import os

SECRET_KEY = "only for the benchmark " + "x" * 40
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "peers.bare.views"
WSGI_APPLICATION = "peers.wsgi.application"
INSTALLED_APPS = ["peers.bare"]
MIDDLEWARE = []
DATABASES = {"default": json.loads(os.environ["BENCH_DATABASE"])}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
