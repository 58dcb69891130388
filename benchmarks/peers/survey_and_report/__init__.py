"""django-survey-and-report as its own documentation sets it up, in an environment of its own."""
