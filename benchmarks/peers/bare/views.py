"""Two views: a page that was made before, after one query; a response and five answers."""

import os
from functools import cache
from pathlib import Path

from django.db import transaction
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import path
from django.utils import timezone

from peers.bare.models import Answer, Invitation, Question, Response

PAGE = Path(os.environ["BENCH_PAGE"]).read_bytes()
# By question: the choices in the order shown; a text has none.
ASKED = {
    "reason": ["unused", "switched", "price", "not_needed", "hard", "missing", "other"],
    "probe": ["way_charged", "not_enough_value", "cheaper_elsewhere", "budget_cut"],
    "stuck": [],
    "destination": ["product", "open_source", "in_house", "agency", "by_hand", "nothing"],
    "comment": [],
}


def page(request, token):
    if not Invitation.objects.filter(token=token).first():
        return HttpResponse(status=404)
    return HttpResponse(PAGE)


@cache
def question_ids():
    return dict(Question.objects.values_list("key", "pk"))


def submit(request, token):
    now = timezone.now()
    sent = request.POST
    ids = question_ids()
    with transaction.atomic():
        response = Response.objects.create(
            token=token, language="en", started_at=now, submitted_at=now
        )
        Answer.objects.bulk_create(
            [
                Answer(
                    response=response,
                    question_id=ids[key],
                    choices=[sent[f"q-{key}"]] if displayed else [],
                    displayed=displayed,
                    text="" if displayed else sent[f"q-{key}"],
                    answered_at=now,
                )
                for key, displayed in ASKED.items()
            ]
        )
    return HttpResponseRedirect(f"/s/{token}/thanks/", status=303)


def survey(request, token):
    return submit(request, token) if request.method == "POST" else page(request, token)


urlpatterns = [path("s/<str:token>/", survey)]
