import base64
import hashlib

import pytest

from backend.service.vault import SealBroken, SecretTooShort, Vault

KEY = "0123456789abcdef" * 2


@pytest.fixture
def vault() -> Vault:
    return Vault(KEY)


@pytest.mark.parametrize("text", ["", "budi@example.net", "naïve ☕", "x" * 5000])
def test_what_was_sealed_comes_back(vault, text):
    assert vault.unseal(vault.seal(text, bound_to="mail:1"), bound_to="mail:1") == text


def test_the_same_text_is_never_sealed_twice_alike(vault):
    assert vault.seal("a", bound_to="x") != vault.seal("a", bound_to="x")


def test_a_sealed_text_does_not_show_the_text(vault):
    raw = base64.urlsafe_b64decode(vault.seal("budi@example.net", bound_to="x"))
    assert b"budi" not in raw


def test_a_sealed_value_is_worthless_elsewhere(vault):
    sealed = vault.seal("a", bound_to="mail:1")
    with pytest.raises(SealBroken):
        vault.unseal(sealed, bound_to="mail:2")


def test_another_secret_cannot_unseal(vault):
    other = Vault("another secret, thirty-two characters or more")
    with pytest.raises(SealBroken):
        other.unseal(vault.seal("a", bound_to="x"), bound_to="x")


@pytest.mark.parametrize("position", [0, 5, 12, 20, -1], ids=lambda p: f"byte {p}")
def test_a_changed_byte_is_noticed(vault, position):
    raw = bytearray(base64.urlsafe_b64decode(vault.seal("secret text", bound_to="x")))
    raw[position] ^= 1
    with pytest.raises(SealBroken):
        vault.unseal(base64.urlsafe_b64encode(bytes(raw)).decode(), bound_to="x")


@pytest.mark.parametrize("rubbish", ["", "a", "AAAA", "!!!", "A" * 36, "é"])
def test_rubbish_is_refused(vault, rubbish):
    with pytest.raises(SealBroken):
        vault.unseal(rubbish, bound_to="x")


@pytest.mark.parametrize(("length", "taken"), [(0, False), (31, False), (32, True), (33, True)])
def test_the_secret_has_at_least_32_characters(length, taken):
    if taken:
        assert Vault("s" * length)
    else:
        with pytest.raises(SecretTooShort):
            Vault("s" * length)


def test_the_index_ignores_case_and_edges_and_needs_the_key(vault):
    assert vault.index("Budi@Example.NET ") == vault.index("budi@example.net")
    assert vault.index("budi@example.net") != vault.index("siti@example.net")
    assert vault.index("budi@example.net") != Vault(KEY[::-1]).index("budi@example.net")
    assert vault.index("budi@example.net") != hashlib.sha256(b"budi@example.net").hexdigest()


def test_every_use_and_every_salt_has_its_own_key(vault):
    keys = {
        vault.derive(info, salt, 32)
        for info in (b"codes", b"codes2", b"helpdesk/seal")
        for salt in (b"", b"1", b"2")
    }
    assert len(keys) == 9


@pytest.mark.parametrize("length", [16, 20, 32, 64])
def test_a_derived_key_has_the_length_asked_for_and_stays_the_same(vault, length):
    key = vault.derive(b"codes", b"salt", length)
    assert len(key) == length
    assert key == Vault(KEY).derive(b"codes", b"salt", length)


def test_tokens_carry_256_bit_and_are_stored_as_sha256(vault):
    tokens = {vault.new_token() for _ in range(100)}
    assert len(tokens) == 100
    assert {len(token) for token in tokens} == {43}
    token = tokens.pop()
    assert vault.digest(token) == hashlib.sha256(token.encode()).hexdigest()
