"""Makes two surveys, each on one page, and prints their numbers and the names of their fields.

``page`` asks what our first screen asks, with the same choices (as JSON on standard input);
``five`` asks five questions, because for every question, answered or not, a row is written.
"""

import json
import sys

import django

django.setup()

from django.core.management import call_command  # noqa: E402
from survey.models import Question, Survey  # noqa: E402

FIVE = (
    (
        "What was the main reason you left?",
        "Price|Hardly used|Not needed|Found something else|Missing or broken|Hard to use|Other",
        True,
    ),
    (
        "What about the price?",
        "Budget cut|Not enough value|Cheaper elsewhere|The way it is charged",
        False,
    ),
    ("Where did you get stuck?", "", False),
    (
        "What do you use instead?",
        "A product|Open source|In house|An agency|By hand|Nothing",
        False,
    ),
    ("Anything else?", "", False),
)


def make(name, asked):
    survey = Survey.objects.create(
        name=name,
        description="One minute, and one question that needs an answer.",
        is_published=True,
        need_logged_user=False,
        display_method=Survey.ALL_IN_ONE_PAGE,
    )
    fields = []
    for order, (text, choices, required) in enumerate(asked, start=1):
        question = Question.objects.create(
            survey=survey,
            text=text,
            order=order,
            required=required,
            type=Question.RADIO if choices else Question.TEXT,
            choices=choices or None,
        )
        fields.append(f"question_{question.pk}")
    return {"number": survey.pk, "fields": fields}


call_command("migrate", verbosity=0)
page = [(q["text"], "|".join(q["choices"]), q["required"]) for q in json.load(sys.stdin)]
print(json.dumps({"page": make("Why did you leave?", page), "five": make("Five", FIVE)}))
