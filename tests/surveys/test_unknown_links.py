"""Guessing at links: counted by address and window, kept as a digest, forgotten soon."""

import datetime as dt

import pytest

from surveys.client_address import client_address
from surveys.models import UnknownLinkCount
from surveys.unknown_links import (
    UNKNOWN_LINKS_ALLOWED,
    WINDOW,
    count_unknown_link,
    purge_windows,
    window_end,
)

NOW = dt.datetime(2026, 3, 10, 12, 3, 7, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, "", "192.0.2.1"),
        (0, "203.0.113.9", "192.0.2.1"),
        (1, "203.0.113.9", "203.0.113.9"),
        (1, "1.1.1.1, 203.0.113.9", "203.0.113.9"),
        (1, "", "192.0.2.1"),
        (1, " ", "192.0.2.1"),
        (2, "1.1.1.1, 203.0.113.9, 198.51.100.7", "203.0.113.9"),
        (2, "203.0.113.9", "192.0.2.1"),
        (1, "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        (1, "[2001:db8:1:2::1]", "2001:db8:1:2::/64"),
        (1, "::ffff:203.0.113.9", "203.0.113.9"),
        (1, "unknown", "unknown"),
    ],
)
def test_whose_request_it_is(rf, settings, proxies, forwarded, address):
    settings.TRUSTED_PROXY_COUNT = proxies
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    request = rf.get("/", REMOTE_ADDR="192.0.2.1", headers=headers)
    assert client_address(request) == address


@pytest.mark.django_db
class TestCounting:
    def test_each_address_and_each_window_by_itself(self):
        assert [count_unknown_link("192.0.2.1", NOW) for _ in range(3)] == [1, 2, 3]
        assert count_unknown_link("192.0.2.2", NOW) == 1
        assert count_unknown_link("192.0.2.1", window_end(NOW)) == 1
        assert count_unknown_link("192.0.2.1", window_end(NOW) - dt.timedelta(seconds=1)) == 4

    def test_no_address_is_kept(self):
        count_unknown_link("192.0.2.1", NOW)
        row = UnknownLinkCount.objects.get()
        assert "192" not in row.digest
        assert len(row.digest) == 64
        assert row.window_start == dt.datetime(2026, 3, 10, 12, tzinfo=dt.UTC)

    def test_beyond_the_limit_nothing_is_written(self, django_assert_num_queries):
        UnknownLinkCount.objects.all().delete()
        for _ in range(UNKNOWN_LINKS_ALLOWED + 1):
            count_unknown_link("192.0.2.1", NOW)
        with django_assert_num_queries(1):
            assert count_unknown_link("192.0.2.1", NOW) > UNKNOWN_LINKS_ALLOWED
        assert UnknownLinkCount.objects.get().count == UNKNOWN_LINKS_ALLOWED + 1

    def test_windows_that_are_over_are_forgotten(self):
        count_unknown_link("192.0.2.1", NOW - WINDOW)
        count_unknown_link("192.0.2.1", NOW)
        assert purge_windows(NOW) == 1
        assert UnknownLinkCount.objects.get().window_start == window_end(NOW) - WINDOW
