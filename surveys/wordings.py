"""Every string that a questionnaire says, one by one: what is to be translated, what is missing."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from surveys.editing import say_choice, say_question, set_words
from surveys.questionnaire import Question, Questionnaire, QuestionWords, VersionWords

PAGE_TEXTS: Mapping[str, Promise | str] = {
    "title": _("Title of the first screen"),
    "introduction": _("Introduction"),
    "more_title": _("Title of the screens after it"),
    "more_introduction": _("Introduction of the screens after it"),
    "thanks_title": _("Title of the thanks"),
    "thanks_text": _("Thanks"),
}
MAIL_TEXTS: Mapping[str, Promise | str] = {
    "mail_subject": _("Subject of the mail"),
    "mail_body": _("Text of the mail"),
    "reminder_subject": _("Subject of the reminder"),
    "reminder_body": _("Text of the reminder"),
}
LONG_TEXTS = ("introduction", "more_introduction", "thanks_text", "mail_body", "reminder_body")
# As long as the columns of the tables are.
LIMITS = {"text": 200, "question": 300, "choice": 200, "long": 5_000}


@dataclass(frozen=True)
class Wording:
    """One string: where it stands, in the default language and in another.

    ``name`` is unique in a questionnaire: ``text.title``, ``question.reason.label``,
    ``choice.reason.price``.
    """

    name: str
    label: Promise | str
    default: str
    said: str
    is_long: bool = False
    limit: int = LIMITS["text"]

    @property
    def is_missing(self) -> bool:
        return bool(self.default) and not self.said


@dataclass(frozen=True)
class WordingGroup:
    """The strings that belong together: of the pages, of the mails, of one question."""

    place: str
    title: Promise | str
    wordings: tuple[Wording, ...]


@dataclass(frozen=True)
class LanguageState:
    code: str
    total: int
    missing: int

    @property
    def is_empty(self) -> bool:
        """Nothing has been translated: the language is no part of what is published."""
        return self.missing == self.total

    @property
    def is_half(self) -> bool:
        return 0 < self.missing < self.total


def wordings_of(questionnaire: Questionnaire, language: str) -> list[WordingGroup]:
    """All of them, in the order in which they are read."""
    groups = [
        WordingGroup("texts", _("Pages"), tuple(_texts(questionnaire, language, PAGE_TEXTS))),
        WordingGroup("mail", _("Mail"), tuple(_texts(questionnaire, language, MAIL_TEXTS))),
    ]
    for question in questionnaire.questions:
        wordings = tuple(_of_question(questionnaire, question, language))
        title = wording_of(questionnaire, question)
        groups.append(WordingGroup(f"question:{question.key}", title, wordings))
    return groups


def language_state(questionnaire: Questionnaire, language: str) -> LanguageState:
    """How much of what the default language says is said in ``language`` too."""
    wanted = [
        wording
        for group in wordings_of(questionnaire, language)
        for wording in group.wordings
        if wording.default
    ]
    missing = sum(wording.is_missing for wording in wanted)
    return LanguageState(code=language, total=len(wanted), missing=missing)


def languages_in(questionnaire: Questionnaire) -> list[str]:
    """Every language in which anything is said or to be said, the default one first."""
    codes = set(questionnaire.words) | {questionnaire.default_language}
    for question in questionnaire.questions:
        codes |= set(question.words)
        for choice in question.choices:
            codes |= set(choice.labels)
    return sorted(codes, key=lambda code: (code != questionnaire.default_language, code))


def say(questionnaire: Questionnaire, language: str, said: Mapping[str, str]) -> Questionnaire:
    """With the strings of ``said`` (by their names) in ``language``; others stay.

    A name that the questionnaire does not have, because its question went meanwhile, is passed
    over.
    """
    words = questionnaire.words.get(language, VersionWords())
    texts = {name: said[f"text.{name}"] for name in vars(words) if f"text.{name}" in said}
    questionnaire = set_words(questionnaire, language, replace(words, **texts))
    return replace(
        questionnaire,
        questions=tuple(_say_in(question, language, said) for question in questionnaire.questions),
    )


def wording_of(questionnaire: Questionnaire, question: Question) -> str:
    """What it asks in the default language, else its key."""
    words = question.words.get(questionnaire.default_language)
    return (words.label if words else "") or question.key


def choice_wording_of(questionnaire: Questionnaire, question: Question, key: str) -> str:
    """A choice in the default language, else its key."""
    for choice in question.choices:
        if choice.key == key:
            return choice.labels.get(questionnaire.default_language) or key
    return key


def _say_in(question: Question, language: str, said: Mapping[str, str]) -> Question:
    words = question.words.get(language, QuestionWords())
    prefix = f"question.{question.key}"
    question = say_question(
        question,
        language,
        QuestionWords(
            label=said.get(f"{prefix}.label", words.label),
            help_text=said.get(f"{prefix}.help_text", words.help_text),
        ),
    )
    return replace(
        question,
        choices=tuple(
            say_choice(
                choice,
                language,
                said.get(f"choice.{question.key}.{choice.key}", choice.labels.get(language, "")),
            )
            for choice in question.choices
        ),
    )


def _texts(
    questionnaire: Questionnaire, language: str, names: Mapping[str, Promise | str]
) -> Iterator[Wording]:
    default = questionnaire.words.get(questionnaire.default_language, VersionWords())
    words = questionnaire.words.get(language, VersionWords())
    for name, label in names.items():
        is_long = name in LONG_TEXTS
        yield Wording(
            name=f"text.{name}",
            label=label,
            default=getattr(default, name),
            said=getattr(words, name),
            is_long=is_long,
            limit=LIMITS["long" if is_long else "text"],
        )


def _of_question(
    questionnaire: Questionnaire, question: Question, language: str
) -> Iterator[Wording]:
    default = question.words.get(questionnaire.default_language, QuestionWords())
    words = question.words.get(language, QuestionWords())
    for name, label in (("label", _("Question")), ("help_text", _("Hint"))):
        yield Wording(
            name=f"question.{question.key}.{name}",
            label=label,
            default=getattr(default, name),
            said=getattr(words, name),
            limit=LIMITS["question"],
        )
    for choice in question.choices:
        yield Wording(
            name=f"choice.{question.key}.{choice.key}",
            label=_("Choice"),
            default=choice.labels.get(questionnaire.default_language, ""),
            said=choice.labels.get(language, ""),
            limit=LIMITS["choice"],
        )
