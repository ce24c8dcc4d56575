"""A lead as the bytes that the vault holds. Pure; empty fields take no room."""

from dataclasses import fields
from typing import Any, Final

import orjson

from winnow_pipeline.leads import Account, Contact, EmailStatus, Lead, PhoneStatus, Reason
from winnow_pipeline.phases.raw_rows import dumped

_CONTACT: Final = tuple(field.name for field in fields(Contact))


def content_of(lead: Lead) -> bytes:
    """The bytes."""
    contact = lead.contact
    said = {name: value for name in _CONTACT if (value := getattr(contact, name))}
    content: dict[str, Any] = {"number": lead.number, "line": lead.line, "contact": said, "values": lead.values}
    if lead.account.name or lead.account.domain or lead.account.attributes:
        content["account"] = [lead.account.name, lead.account.domain, lead.account.attributes]
    if lead.source:
        content["source"] = lead.source
    if lead.filled:
        content["filled"] = lead.filled
    if lead.reason is not None:
        content["reason"] = [lead.reason.code, lead.reason.detail, lead.reason.column]
    return dumped(content)


def lead_of(data: bytes) -> Lead:
    """The lead again."""
    content = orjson.loads(data)
    said = content["contact"]
    if "email_status" in said:
        said["email_status"] = EmailStatus(said["email_status"])
    if "phone_status" in said:
        said["phone_status"] = PhoneStatus(said["phone_status"])
    if "email_reasons" in said:
        said["email_reasons"] = tuple(said["email_reasons"])
    name, domain, attributes = content.get("account", (None, None, {}))
    reason = content.get("reason")
    return Lead(
        number=content["number"],
        line=content["line"],
        contact=Contact(**said),
        account=Account(name=name, domain=domain, attributes=attributes),
        source=content.get("source", {}),
        values=content["values"],
        filled=content.get("filled", {}),
        reason=None if reason is None else Reason(*reason),
    )
