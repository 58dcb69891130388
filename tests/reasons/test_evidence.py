import pytest

from reasons.evidence import Piece, mark_evidence

TEXT = "The import never worked."


@pytest.mark.parametrize(
    ("spans", "marked"),
    [
        ([], "The import never worked."),
        ([(4, 10)], "The [import] never worked."),
        ([(0, 3)], "[The] import never worked."),
        ([(11, 24)], "The import [never worked.]"),
        ([(4, 10), (11, 16)], "The [import] [never] worked."),
        ([(4, 12), (8, 16)], "The [import never] worked."),
        ([(4, 10), (10, 16)], "The [import never] worked."),
        ([(4, 16), (5, 8)], "The [import never] worked."),
        ([(17, 99)], "The import never [worked.]"),
        ([(50, 60)], "The import never worked."),
    ],
)
def test_marks_what_a_reason_was_read_from(spans, marked):
    pieces = mark_evidence(TEXT, spans)
    assert "".join(f"[{each.text}]" if each.is_evidence else each.text for each in pieces) == marked
    assert "".join(each.text for each in pieces) == TEXT


def test_spans_count_characters_not_bytes():
    pieces = mark_evidence("导出报表总是失败 👩‍🚀 sehr schade", [(4, 8)])
    assert [each.text for each in pieces if each.is_evidence] == ["总是失败"]


def test_an_empty_text_has_no_pieces():
    assert mark_evidence("", [(0, 3)]) == []


@pytest.mark.parametrize(
    ("text", "spans", "pieces"),
    [
        ("", [], []),
        ("We closed.", [], [Piece("We closed.", False)]),
        ("We closed.", [(3, 9)], [Piece("We ", False), Piece("closed", True), Piece(".", False)]),
        ("We closed.", [(3, 99)], [Piece("We ", False), Piece("closed.", True)]),
    ],
)
def test_ends_of_the_text(text, spans, pieces):
    assert mark_evidence(text, spans) == pieces
