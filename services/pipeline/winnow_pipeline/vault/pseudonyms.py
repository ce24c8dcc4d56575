"""Pseudonyms: what finds a person again without saying who it is. HMAC-SHA-256 under a key of the tenant."""

import hmac
import re
from collections.abc import Sequence
from hashlib import sha256
from typing import Final

from winnow_pipeline.leads import Contact
from winnow_pipeline.vault.tenant_keys import OpenedKeys

_NOT_OF_A_NUMBER: Final = re.compile(r"[^0-9]+")


class PseudonymKey:
    """A tenant's keys for pseudonyms; the newest one makes match keys, all of them know tombstones."""

    def __init__(self, keys: OpenedKeys) -> None:
        self._keys = [hmac.new(key, digestmod=sha256) for _, key in keys.pseudonyms]

    def keys64(self, texts: Sequence[str]) -> list[int]:
        """The first 64 bits of each text's pseudonym, as PostgreSQL's bigint has them."""
        found: list[int] = []
        for text in texts:
            digest = self._keys[0].copy()
            digest.update(text.encode("utf-8", "replace"))
            found.append(int.from_bytes(digest.digest()[:8], signed=True))
        return found

    def pseudonyms(self, texts: Sequence[str]) -> list[bytes]:
        """Each text's pseudonym under every version of the key, the newest version's first."""
        found: list[bytes] = []
        for key in self._keys:
            for text in texts:
                digest = key.copy()
                digest.update(text.encode("utf-8", "replace"))
                found.append(digest.digest())
        return found


def subject_keys(contact: Contact) -> list[str]:
    """The texts under which a person is found who asks what is stored of them."""
    found = [email_key(contact.email)] if contact.email else []
    found += [phone_key(number) for number in (contact.phone, contact.mobile_phone) if number]
    if contact.linkedin:
        found.append(linkedin_key(contact.linkedin))
    return list(dict.fromkeys(found))


def email_key(email: str) -> str:
    """Of an address: case and surrounding space do not matter."""
    return f"email:{email.strip().casefold()}"


def phone_key(phone: str) -> str:
    """Of a number: its digits, extension included."""
    return f"phone:{_NOT_OF_A_NUMBER.sub('', phone)}"


def linkedin_key(profile: str) -> str:
    """Of a profile: the last part of its address, or its bare name."""
    plain = profile.strip().casefold().partition("?")[0].rstrip("/")
    return f"linkedin:{plain.rpartition('/')[2]}"
