"""The last word on addresses: what speaks against them, what DNS said, what servers said."""

from collections.abc import Mapping

import pytest
from winnow_pipeline.contacts.judging import judged
from winnow_pipeline.contacts.mail_hosts import MailHost, Mails
from winnow_pipeline.contacts.mailboxes import MailboxAnswer
from winnow_pipeline.contacts.normalizing import Caches, normalized
from winnow_pipeline.leads import EmailStatus, Lead, RawRow

VERIFIED, RISKY = EmailStatus.VERIFIED_DELIVERABLE, EmailStatus.RISKY
UNDELIVERABLE, UNKNOWN = EmailStatus.UNDELIVERABLE, EmailStatus.UNKNOWN
SAID: Mapping[str, MailHost] = {
    "acme.com": MailHost(Mails.ACCEPTS),
    "xn--bcher-kva.example": MailHost(Mails.ACCEPTS),
    "gmail.com": MailHost(Mails.ACCEPTS),
    "gmail.con": MailHost(Mails.ACCEPTS),
    "gmial.com": MailHost(Mails.ACCEPTS),
    "mailinator.com": MailHost(Mails.ACCEPTS),
    "old.example": MailHost(Mails.BY_ADDRESS),
    "refuses.example": MailHost(Mails.NULL_MX),
    "empty.example": MailHost(Mails.NO_MX),
    "missing.example": MailHost(Mails.NO_DOMAIN),
    "silent.example": MailHost(Mails.NO_ANSWER),
}


def lead_of(email: str) -> Lead:
    return normalized([RawRow(number=1, line=2, values={"email": email})], Caches())[0]


def verdict(
    email: str, hosts: Mapping[str, MailHost] = SAID, mailboxes: Mapping[str, MailboxAnswer] | None = None
) -> tuple[EmailStatus, tuple[str, ...]]:
    contact = judged([lead_of(email)], hosts, mailboxes or {})[0].contact
    return contact.email_status, contact.email_reasons


@pytest.mark.parametrize(
    ("email", "status", "reasons"),
    [
        ("jane@acme.com", VERIFIED, ()),
        ("jane@bücher.example", VERIFIED, ()),
        ("jane@gmail.com", VERIFIED, ("free",)),
        ("info@acme.com", RISKY, ("role",)),
        ("jane@gmail.con", RISKY, ("typo",)),
        ("jane@gmial.com", RISKY, ("typo", "disposable")),
        ("jane@mailinator.com", RISKY, ("disposable", "free")),
        ('"jane doe"@acme.com', RISKY, ("quoted_local_part",)),
        ("jane@[192.0.2.1]", RISKY, ("address_literal",)),
        ("jane@acme.com (work)", RISKY, ("comment",)),
        ("jane@old.example", RISKY, ("no_mx",)),
        ("jane@refuses.example", UNDELIVERABLE, ("null_mx",)),
        ("jane@empty.example", UNDELIVERABLE, ("no_mx",)),
        ("jane@missing.example", UNDELIVERABLE, ("no_domain",)),
        ("info@missing.example", UNDELIVERABLE, ("role", "no_domain")),
        ("jane", UNDELIVERABLE, ("syntax",)),
        ("jane@silent.example", UNKNOWN, ("no_answer",)),
        ("jane@never-asked.example", UNKNOWN, ("no_answer",)),
        ("info@silent.example", RISKY, ("role", "no_answer")),
    ],
)
def test_what_dns_makes_of_an_address(email: str, status: EmailStatus, reasons: tuple[str, ...]) -> None:
    found = verdict(email)

    assert (found[0], set(found[1])) == (status, set(reasons))


@pytest.mark.parametrize(
    ("answer", "status", "reasons"),
    [
        (MailboxAnswer.EXISTS, VERIFIED, ()),
        (MailboxAnswer.MISSING, UNDELIVERABLE, ("mailbox_missing",)),
        (MailboxAnswer.FULL, RISKY, ("mailbox_full",)),
        (MailboxAnswer.CATCH_ALL, RISKY, ("catch_all",)),
        (MailboxAnswer.NO_ANSWER, VERIFIED, ()),
    ],
)
def test_what_a_server_says_of_a_mailbox(answer: MailboxAnswer, status: EmailStatus, reasons: tuple[str, ...]) -> None:
    assert verdict("jane@acme.com", mailboxes={"jane@acme.com": answer}) == (status, reasons)


def test_a_mailbox_that_was_found_is_still_a_roles() -> None:
    assert verdict("info@acme.com", mailboxes={"info@acme.com": MailboxAnswer.EXISTS}) == (RISKY, ("role",))


def test_a_domain_that_is_not_there_outweighs_what_a_server_said() -> None:
    found = verdict("jane@missing.example", mailboxes={"jane@missing.example": MailboxAnswer.EXISTS})

    assert found == (UNDELIVERABLE, ("no_domain",))


def test_without_a_network_nothing_is_undeliverable_but_by_its_syntax() -> None:
    emails = ["jane@acme.com", "info@acme.com", "jane@missing.example", "jane"]

    assert [verdict(email, hosts={})[0] for email in emails] == [UNKNOWN, RISKY, UNKNOWN, UNDELIVERABLE]


def test_judging_again_follows_the_later_answers() -> None:
    unanswered = judged([lead_of("jane@acme.com")], {}, {})
    answered = judged(unanswered, SAID, {})
    gone = judged(answered, {"acme.com": MailHost(Mails.NO_DOMAIN)}, {})

    assert answered[0].contact.email_reasons == ()
    assert gone[0].contact.email_reasons == ("no_domain",)
    assert judged(gone, {"acme.com": MailHost(Mails.NO_DOMAIN)}, {}) == gone


def test_a_row_without_an_address_is_left_alone() -> None:
    lead = normalized([RawRow(number=1, line=2, values={"company": "Acme"})], Caches())[0]

    assert judged([lead], SAID, {}) == [lead]
