"""Whose address counts, and what a flood is counted by."""

import pytest
from aiohttp.test_utils import make_mocked_request
from chat_rooms import settings

from bot.webchat.visitors import Visitors, network_of


@pytest.mark.parametrize(
    ("proxies", "header", "expected"),
    [
        (0, "203.0.113.9", ""),
        (1, "203.0.113.9", "203.0.113.9"),
        (1, "6.6.6.6, 203.0.113.9", "203.0.113.9"),
        (2, "6.6.6.6, 203.0.113.9, 10.0.0.1", "203.0.113.9"),
        (2, "203.0.113.9", ""),
        (1, "", ""),
        (1, "<script>", ""),
        (1, "2001:db8::1", "2001:db8::1"),
    ],
    ids=[
        "no proxy of ours: a claim",
        "our proxy",
        "a claim before our proxy's entry",
        "two proxies",
        "fewer entries than proxies",
        "no header",
        "no address",
        "IPv6",
    ],
)
def test_the_address_is_what_our_own_proxies_wrote(tmp_path, proxies, header, expected):
    request = make_mocked_request("GET", "/", headers={"X-Forwarded-For": header})
    ours = request.remote or ""
    found = Visitors(settings(tmp_path, trusted_proxies=proxies)).address(request)
    assert found == (expected or ours)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("203.0.113.9", "203.0.113.9", True),
        ("203.0.113.9", "203.0.113.10", False),
        ("2001:db8:0:1::1", "2001:db8:0:1:ffff:ffff:ffff:ffff", True),
        ("2001:db8:0:1::1", "2001:db8:0:2::1", False),
        ("", "", True),
    ],
)
def test_an_ipv6_host_does_not_escape_by_another_address_of_its_network(one, other, same):
    assert (network_of(one) == network_of(other)) is same
