"""Whether single mailboxes exist."""

from collections.abc import Iterable, Mapping
from enum import StrEnum

from winnow_pipeline.contacts.mail_hosts import MailHost


class MailboxAnswer(StrEnum):
    """What a mail server said of a mailbox."""

    EXISTS = "exists"
    MISSING = "missing"
    FULL = "full"
    CATCH_ALL = "catch_all"
    """The domain takes mail for every mailbox, whether or not it exists."""
    NO_ANSWER = "no_answer"


class MailboxProbes:
    """Asks mail servers."""

    def __init__(self, *, sender: str) -> None:
        self._sender = sender

    async def ask(self, addresses: Iterable[str], hosts: Mapping[str, MailHost]) -> dict[str, MailboxAnswer]:
        """What servers said of each address."""
        return dict.fromkeys(addresses, MailboxAnswer.NO_ANSWER)

    async def close(self) -> None:
        """Stop asking."""
