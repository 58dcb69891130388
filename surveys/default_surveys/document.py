"""docs/surveys.md: the default surveys with every path through them, written from their content."""

from collections.abc import Iterator
from pathlib import Path as File

from django.utils import translation

from surveys.default_surveys.content import default_questionnaire
from surveys.default_surveys.paths import Path, opening_choices, paths_of, seconds_to_answer
from surveys.default_surveys.templates import TEMPLATES, Template
from surveys.questionnaire import Questionnaire

DOCUMENT = File("docs/surveys.md")

INTRODUCTION = """\
# The default surveys

Five surveys to start from. The exit survey and the cancellation survey are set up, published and
routed to from the beginning; the other three are templates for surveys of your own (*Surveys* in
the admin). What holds for all of them:

- **One question is required**, the main reason, with at most seven choices; "something else" is
  last, the others are shuffled for each respondent. What the answer means is asked right under it.
- **Two screens.** The first is sent and saved by itself; all of the second can be left out. Where
  somebody writes in their own words and the words leave it open which kind of reason it is, one
  follow-up of the same survey is asked in between: three screens at most, in any path.
- **Under a minute.** The seconds below are for the first screen: every word of it read (238 words
  a minute), two seconds for each touch, fifteen for a few words of one's own. Who leaves it at
  that has told you the reason.
- What rests on an answer is asked only where it makes sense: nobody is asked what they use instead
  when their project is over, and "may we write once this has changed?" comes only where it is in
  your hands to change it.

A path is a row: the answers that decide what is asked, and the questions that follow. This page is
written by `python manage.py default_surveys`, from the surveys themselves; a test keeps it true.

**Words and languages.** The words stand in `surveys/default_surveys/`, a file a language; `en.toml`
says at its top how it is built. A further language is one more file, named by its code (`nl.toml`);
it is offered as soon as it is complete. `python manage.py default_surveys --check` says, place by
place, what is missing or has other placeholders than English. After any change run the command
without `--check`: it records what is shipped, so that installations get the new words unless their
team has edited the survey.
"""


def write_document() -> str:
    """The page's text, in Markdown."""
    with translation.override("en"):
        parts = [INTRODUCTION, *(_section(template) for template in TEMPLATES)]
    return "\n".join(parts)


def _section(template: Template) -> str:
    questionnaire = default_questionnaire(template.key)
    return "\n".join(
        [
            f"## {template.name} (`{template.key}`)",
            "",
            f"{template.description}",
            "",
            f"> {questionnaire.words_in('en').title}",
            "",
            "| answer | asked under it | then, all of it optional | seconds |",
            "|---|---|---|---|",
            *(_row(questionnaire, path) for path in paths_of(questionnaire)),
            "",
        ]
    )


def _row(questionnaire: Questionnaire, path: Path) -> str:
    answer = " → ".join(_answer(questionnaire, *taken) for taken in path.taken.items())
    first, *further = path.screens
    reason = questionnaire.reason_question
    followed = [key for key in first if reason is None or key != reason.key]
    optional = [key for screen in further for key in screen]
    cells = (
        answer,
        " · ".join(_labels(questionnaire, followed)) or "–",
        " · ".join(_labels(questionnaire, optional)) or "–",
        f"{seconds_to_answer(questionnaire, path):.0f}",
    )
    return "| " + " | ".join(cells) + " |"


def _answer(questionnaire: Questionnaire, key: str, taken: str) -> str:
    """The choice; "anything else" where it stands for all that lead on the same way."""
    if taken not in opening_choices(questionnaire, key):
        return "anything else"
    choices = questionnaire.question(key).choices
    return next(
        questionnaire.choice_label(choice, "en") for choice in choices if choice.key == taken
    )


def _labels(questionnaire: Questionnaire, keys: list[str]) -> Iterator[str]:
    for key in keys:
        yield questionnaire.question_words(questionnaire.question(key), "en").label
