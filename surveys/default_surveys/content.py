"""The default surveys as questionnaires: structure and words put together."""

from dataclasses import replace
from functools import cache

from surveys.default_surveys.structure import Asked
from surveys.default_surveys.templates import TEMPLATE_OF
from surveys.default_surveys.words import (
    DEFAULT_LANGUAGE,
    FOLDER,
    MAIL,
    PAGE,
    Words,
    offered_languages,
    read_words,
)
from surveys.models import QuestionRole
from surveys.questionnaire import (
    Choice,
    Condition,
    Question,
    Questionnaire,
    QuestionWords,
    VersionWords,
)


def template_questionnaire(template: str, *, survey: str = "") -> Questionnaire:
    """The content of ``template`` (a key of TEMPLATES) for the survey of that key.

    Without ``survey`` under the template's own key. KeyError where there is no such template.
    """
    return replace(default_questionnaire(template), survey=survey or template)


def default_questionnaire(key: str) -> Questionnaire:
    """The shipped questionnaire of that key, in every language offered; made once a process."""
    return _questionnaire_in(offered_languages(), key)


@cache
def _questionnaire_in(languages: tuple[str, ...], key: str) -> Questionnaire:
    template = TEMPLATE_OF[key]
    files = [read_words(FOLDER / f"{code}.toml") for code in languages]
    names = (*PAGE, *(MAIL if template.is_mailed else ()))
    return Questionnaire(
        survey=key,
        moment=str(template.moment),
        default_language=DEFAULT_LANGUAGE,
        languages=languages,
        words={
            words.language: VersionWords(**{name: words.at(key, "words", name) for name in names})
            for words in files
        },
        questions=tuple(_question(key, asked, files) for asked in template.questions),
    )


def _question(survey: str, asked: Asked, files: list[Words]) -> Question:
    return Question(
        key=asked.key,
        kind=str(asked.kind),
        role=str(asked.role),
        screen=asked.screen,
        required=asked.required,
        shuffle=asked.shuffle,
        words={words.language: _question_words(survey, asked, words) for words in files},
        choices=tuple(
            Choice(
                key=choice,
                pinned=choice in asked.pinned,
                labels={
                    words.language: words.at(
                        survey, asked.labelled_as or asked.key, f"choices.{choice}"
                    )
                    for words in files
                },
            )
            for choice in asked.choices
        ),
        # In the order in which rows are compiled.
        conditions=tuple(Condition(*taken) for taken in sorted(asked.under)),
    )


def _question_words(survey: str, asked: Asked, words: Words) -> QuestionWords:
    if asked.role == QuestionRole.REASON:
        return QuestionWords(label=words.at(survey, "words", "title"))
    return QuestionWords(
        label=words.at(survey, asked.key, "label"),
        help_text=words.at(survey, asked.key, "help_text"),
    )
