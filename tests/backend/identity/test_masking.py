import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.domain.masking import mask_email, mask_name, mask_username


@pytest.mark.parametrize(
    ("address", "masked"),
    [
        (None, ""),
        ("", ""),
        ("budi@example.net", "b***@example.net"),
        ("bu@example.net", "b***@example.net"),
        ("b@example.net", "***@example.net"),
        ("@example.net", "***@example.net"),
        ("no address", "***"),
        ('"a@b"@example.net', '"***@example.net'),
    ],
)
def test_an_address_keeps_its_domain_and_one_letter(address, masked):
    assert mask_email(address) == masked


@pytest.mark.parametrize(
    ("username", "masked"),
    [
        ("budi.santoso", "bu***.sa***"),
        ("budi", "bu***"),
        ("bud", "bu***"),
        ("bu", "b***"),
        ("b", "***"),
        ("", "***"),
        ("a.bc.def", "***.b***.de***"),
    ],
)
def test_a_username_keeps_the_start_of_its_parts(username, masked):
    assert mask_username(username) == masked


@pytest.mark.parametrize(
    ("name", "masked"),
    [("Budi Santoso", "B*** S***"), ("  Siti   Rahma ", "S*** R***"), ("O", "***"), ("", "")],
)
def test_a_name_keeps_its_initials(name, masked):
    assert mask_name(name) == masked


@given(st.text(alphabet="abcdefghij", min_size=1, max_size=30))
def test_the_mask_never_shows_a_word_whole_nor_its_length(word):
    longer = word + "k" * 10
    assert word not in {mask_username(word), mask_name(word)}
    assert len(mask_username(longer)) == len(mask_username(longer + "k"))
    assert len(mask_email(f"{longer}@x.id")) == len(mask_email(f"{longer}k@x.id"))
