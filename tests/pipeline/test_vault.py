"""What rows say of persons is sealed lead by lead, and who destroys a key has erased what is under it."""

from dataclasses import replace
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from winnow_pipeline.leads import Account, Contact, EmailStatus, Lead, PhoneStatus, Reason
from winnow_pipeline.vault.contents import content_of, lead_of
from winnow_pipeline.vault.pseudonyms import PseudonymKey, email_key, phone_key, subject_keys
from winnow_pipeline.vault.sealing import StoredContent, open_account, open_chunk, seal_account, seal_again, seal_chunk
from winnow_pipeline.vault.tenant_keys import OpenedKeys

TENANT = UUID(int=7)
KEYS = OpenedKeys(tenant=TENANT, wrap_version=1, wraps={1: bytes(range(32))}, pseudonyms=((1, bytes(32)),))


def stored(ids: list[UUID], contents: list[bytes]) -> list[StoredContent]:
    sealed = seal_chunk(KEYS, tenant=TENANT, contents=list(zip(ids, contents, strict=True)))
    return [StoredContent(*each) for each in sealed]


@given(contents=st.lists(st.binary(max_size=300), max_size=10))
def test_contents_come_out_as_they_went_in(contents: list[bytes]) -> None:
    found = stored([uuid4() for _ in contents], contents)

    assert open_chunk(KEYS, tenant=TENANT, leads=found) == contents
    assert len({each.wrapped for each in found}) == len(contents)


def test_without_its_key_nothing_of_a_lead_opens() -> None:
    [lead] = stored([uuid4()], [b"secret"])

    assert open_chunk(KEYS, tenant=TENANT, leads=[lead._replace(wrapped=None)]) == [None]
    assert b"secret" not in (lead.sealed or b"") + (lead.wrapped or b"")


@pytest.mark.parametrize("part", ["lead_id", "wrapped", "sealed"])
def test_what_is_of_another_lead_does_not_open(part: str) -> None:
    one, other = stored([uuid4(), uuid4()], [b"one", b"other"])

    with pytest.raises(ValueError, match="changed"):
        open_chunk(KEYS, tenant=TENANT, leads=[one._replace(**{part: getattr(other, part)})])
    with pytest.raises(ValueError, match="changed"):
        open_chunk(KEYS, tenant=UUID(int=8), leads=[one])


def test_a_lead_keeps_its_key_when_its_contents_change() -> None:
    [lead] = stored([uuid4()], [b"before"])
    again = seal_again(KEYS, tenant=TENANT, lead=lead, data=b"after")
    about = {"tenant": TENANT, "lead_id": lead.lead_id, "wrapped": again.wrapped, "version": again.version}

    account = seal_account(KEYS, data=b"company", **about)  # type: ignore[arg-type]

    assert again.wrapped == lead.wrapped
    assert open_chunk(KEYS, tenant=TENANT, leads=[StoredContent(*again)]) == [b"after"]
    assert open_account(KEYS, sealed=account, **about) == b"company"  # type: ignore[arg-type]


TEXTS = st.one_of(st.none(), st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=9))


@given(
    email=TEXTS,
    name=TEXTS,
    source=st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=3),
    reason=st.sampled_from([None, Reason("code", "Detail.", "column"), Reason("code", "Detail.")]),
)
def test_a_lead_survives_the_vault(
    email: str | None, name: str | None, source: dict[str, str], reason: Reason | None
) -> None:
    lead = Lead(
        number=3,
        line=5,
        contact=Contact(email=email, full_name=name, email_status=EmailStatus.RISKY, phone_status=PhoneStatus.MOBILE),
        account=Account(name=name, attributes={"employees": 3}),
        source=_sayable(source),
        values={"email": "x"},
        filled={"phone": "lead_1"},
        reason=reason,
    )

    assert lead_of(content_of(lead)) == lead
    assert lead_of(content_of(replace(lead, account=Account(), source={}, filled={}))).source == {}


def _sayable(values: dict[str, str]) -> dict[str, str]:
    return {
        key.encode("utf-8", "replace").decode(): value.encode("utf-8", "replace").decode()
        for key, value in values.items()
    }


def test_a_person_is_found_however_it_is_written() -> None:
    contact = Contact(email="Ada@Example.com", phone="+442079460000;ext=12", linkedin="https://www.linkedin.com/in/ada")

    keys = subject_keys(contact)

    assert email_key(" ada@example.COM ") in keys
    assert phone_key("+44 20 7946 0000 ext 12") in keys
    assert "linkedin:ada" in keys
    assert PseudonymKey(KEYS).keys64(keys) == PseudonymKey(KEYS).keys64(subject_keys(contact))


def test_tombstones_are_known_under_every_version_of_the_key() -> None:
    rotated = replace(KEYS, pseudonyms=((2, b"2" * 32), (1, bytes(32))))

    before, after = PseudonymKey(KEYS).pseudonyms(["email:a"]), PseudonymKey(rotated).pseudonyms(["email:a"])

    assert before[0] in after
    assert after[0] not in before
