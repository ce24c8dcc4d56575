"""Keys and tokens: a typo is refused without a look-up, and hashes of different purposes never meet."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st
from winnow_contracts.event import Environment
from winnow_gateway.credentials import Pepper, Prefix, hint, is_well_formed, new_credential

BASE62 = string.digits + string.ascii_letters


@pytest.mark.parametrize("prefix", list(Prefix))
def test_new_credentials_are_well_formed_and_differ(prefix: Prefix) -> None:
    made = {new_credential(prefix) for _ in range(100)}

    assert len(made) == 100
    assert all(is_well_formed(credential) and credential.startswith(prefix) for credential in made)


@given(st.integers(min_value=8, max_value=46), st.sampled_from(BASE62))
def test_a_credential_with_another_character_is_not_well_formed(place: int, letter: str) -> None:
    credential = new_credential(Prefix.LIVE)
    changed = credential[:place] + letter + credential[place + 1 :]

    assert is_well_formed(changed) is (changed == credential)


@pytest.mark.parametrize(
    "text", ["", "wk_live_", "wk_live_" + "0" * 39, "wk_prod_" + "a" * 39, "ключ", "wk_live_" + "é" * 39]
)
def test_what_is_no_credential_is_not_well_formed(text: str) -> None:
    assert not is_well_formed(text)


def test_environments_have_their_prefixes() -> None:
    prefixes = {environment: Prefix.of(environment) for environment in Environment}

    assert prefixes == {
        Environment.PRODUCTION: Prefix.LIVE,
        Environment.STAGING: Prefix.TEST,
        Environment.DEVELOPMENT: Prefix.TEST,
    }


def test_a_hint_shows_prefix_and_last_four() -> None:
    credential = new_credential(Prefix.TEST)

    assert hint(credential) == f"wk_test_…{credential[-4:]}"


def test_hashes_of_one_text_differ_by_purpose_and_by_pepper() -> None:
    pepper, other = Pepper(bytes(32)), Pepper(bytes(range(32)))

    hashes = {pepper.credential("text"), pepper.email("text"), other.credential("text"), other.email("text")}

    assert len(hashes) == 4


def test_an_email_address_is_found_however_it_is_written() -> None:
    pepper = Pepper(bytes(32))

    assert pepper.email("Ada@Example.com ") == pepper.email("ada@example.com")


def test_a_fingerprint_does_not_depend_on_the_order_of_members() -> None:
    pepper = Pepper(bytes(32))

    assert pepper.fingerprint("op", {"a": 1, "b": 2}) == pepper.fingerprint("op", {"b": 2, "a": 1})
    assert pepper.fingerprint("op", {"a": 1}) != pepper.fingerprint("other", {"a": 1})


def test_a_short_pepper_is_refused() -> None:
    with pytest.raises(ValueError, match="less than 32 bytes"):
        Pepper(b"short")
