"""The editor's addresses, all under a version's own."""

from typing import Any

from django.contrib.admin import ModelAdmin
from django.urls import URLPattern

from surveys.admin.editor import languages, mails, previewing, questions, releasing, texts
from surveys.admin.editor.visit import VIEW, editor_route

GET, POST = ("GET", "HEAD"), ("POST",)


def editor_urls(admin: ModelAdmin) -> list[URLPattern]:
    def route(pattern: str, view: Any, name: str, **options: Any) -> URLPattern:
        return editor_route(admin, pattern, view, name, **options)

    question = "question/<slug:key>/"
    translation = "translation/<slug:language>/"
    mail = "mail/<slug:language>/"
    return [
        route("texts/", texts.edit_texts, "texts"),
        route("new-question/", questions.new_question, "new_question"),
        route(question, questions.edit_question, "question"),
        route(f"{question}move/", questions.move, "move", methods=POST),
        route(f"{question}delete/", questions.delete_question, "delete_question"),
        route("languages/add/", languages.add, "add_language", methods=POST),
        route(translation, languages.translate, "translation"),
        route(f"{translation}remove/", languages.remove, "remove_language"),
        route(mail, mails.mail_page, "mail", needs=VIEW, drafts_only=False),
        route(
            f"{mail}frame/", mails.mail_frame, "mail_frame",
            needs=VIEW, drafts_only=False, methods=GET,
        ),
        route(f"{mail}test/", mails.test_send, "mail_test", drafts_only=False, methods=POST),
        route(
            "preview/", previewing.preview, "preview",
            needs=VIEW, drafts_only=False, methods=GET,
        ),
        route(
            "preview/frame/", previewing.frame, "preview_frame",
            needs=VIEW, drafts_only=False, csrf_exempt=True,
        ),
        route("publish/", releasing.publish_page, "publish"),
        route("new-draft/", releasing.new_draft, "new_draft", drafts_only=False, methods=POST),
        route("discard/", releasing.discard, "discard"),
    ]  # fmt: skip
