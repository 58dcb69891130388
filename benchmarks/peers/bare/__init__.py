"""A Django project with nothing in it but the work itself: the measure of what is possible."""
