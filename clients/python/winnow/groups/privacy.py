"""What is stored of a person: giving it to them, and erasing it. Identifiers travel in bodies, never in addresses."""

from __future__ import annotations

from winnow.binding import D, Group, call
from winnow.calls import Call, command, question
from winnow.errors import UnusableArgument
from winnow.results import AccessPackage, ErasureReceipt, parse


class Privacy(Group[D]):
    """A person is named by any of these; everything that is stored under one of them is meant."""

    @call
    def erase(
        self,
        *,
        email: str | None = None,
        phone: str | None = None,
        linkedin: str | None = None,
        lead_id: str | None = None,
        idempotency_key: str | None = None,
    ) -> Call[ErasureReceipt]:
        """Erase a person for good, and keep them from being imported again; the receipt names each store."""
        subject = _subject(email=email, phone=phone, linkedin=linkedin, lead_id=lead_id)
        request = command("POST", "/v1/privacy/erase", json=subject, idempotency_key=idempotency_key)
        return parse(ErasureReceipt, (yield from self._perform(request)))

    @call
    def export(
        self,
        *,
        email: str | None = None,
        phone: str | None = None,
        linkedin: str | None = None,
        lead_id: str | None = None,
    ) -> Call[AccessPackage]:
        """Everything that is stored of a person."""
        subject = _subject(email=email, phone=phone, linkedin=linkedin, lead_id=lead_id)
        answer = yield from self._perform(question("/v1/privacy/export", json=subject))
        return parse(AccessPackage, answer)


def _subject(**identifiers: str | None) -> dict[str, str]:
    named = {name: identifier for name, identifier in identifiers.items() if identifier is not None}
    if not named:
        raise UnusableArgument("Name the person by an e-mail address, a phone number, a LinkedIn page or a lead's id.")
    return named
