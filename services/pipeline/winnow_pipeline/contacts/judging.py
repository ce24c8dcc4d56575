"""The last word on addresses, once the network was asked.

Policy: an address is `undeliverable` where its syntax is wrong, its domain does not exist or takes no mail, or its
mailbox is said to be missing; `risky` where something speaks against it that need not stop mail (a role, a throw-away or
catch-all domain, a slip of the pen, a quoted local part, an address literal, a full mailbox); `verified_deliverable`
where its domain takes mail and nothing speaks against it, or its mailbox was confirmed; `unknown` where nobody
answered. No answer never makes an address undeliverable.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from winnow_pipeline.contacts.mail_hosts import HostState, MailHost
from winnow_pipeline.contacts.mailboxes import MailboxAnswer
from winnow_pipeline.contacts.normalizing import ascii_domain
from winnow_pipeline.leads import Contact, EmailStatus, Lead

_REFUSING: Final = frozenset({HostState.NO_DOMAIN, HostState.NULL_MX, HostState.NO_MX})


def judged(
    leads: Sequence[Lead], hosts: Mapping[str, MailHost], mailboxes: Mapping[str, MailboxAnswer]
) -> list[Lead]:
    """The leads with the status of their addresses."""
    return [_judged(lead, hosts, mailboxes) for lead in leads]


def _judged(lead: Lead, hosts: Mapping[str, MailHost], mailboxes: Mapping[str, MailboxAnswer]) -> Lead:
    contact = lead.contact
    if not contact.email or contact.email_status is EmailStatus.UNDELIVERABLE:
        return lead
    status, reasons = _verdict(contact, hosts, mailboxes.get(contact.email))
    if status is contact.email_status and reasons == contact.email_reasons:
        return lead
    return replace(lead, contact=replace(contact, email_status=status, email_reasons=reasons))


def _verdict(
    contact: Contact, hosts: Mapping[str, MailHost], mailbox: MailboxAnswer | None
) -> tuple[EmailStatus, tuple[str, ...]]:
    reasons = contact.email_reasons
    domain = ascii_domain((contact.email or "").rpartition("@")[2])
    host = hosts.get(domain) if domain is not None else None
    if host is not None and host.state in _REFUSING:
        return EmailStatus.UNDELIVERABLE, (*reasons, host.state.value)
    if mailbox is MailboxAnswer.MISSING:
        return EmailStatus.UNDELIVERABLE, (*reasons, "mailbox_missing")
    if mailbox in {MailboxAnswer.CATCH_ALL, MailboxAnswer.FULL}:
        word = "catch_all" if mailbox is MailboxAnswer.CATCH_ALL else "mailbox_full"
        return EmailStatus.RISKY, (*reasons, word)
    if contact.email_status is EmailStatus.RISKY:
        return EmailStatus.RISKY, reasons
    if mailbox is MailboxAnswer.EXISTS or (host is not None and host.state is HostState.ACCEPTS):
        return EmailStatus.VERIFIED_DELIVERABLE, reasons
    return EmailStatus.UNKNOWN, (*reasons, "no_answer")
