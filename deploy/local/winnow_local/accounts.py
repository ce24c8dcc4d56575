"""Who runs PostgreSQL: it refuses to be root, so under root another account does it.

That account must reach the binaries and its data. Where a folder above them is closed to others (a checkout under
/root, say) it is given one capability, to pass through closed folders, rather than opening them or copying anything.
"""

import os
import pwd
from dataclasses import dataclass
from pathlib import Path

from winnow_local.errors import StackError

_CAPABILITY_BITS = {"dac_read_search": 2, "dac_override": 1}


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A user to drop to, with the capability that lets it pass through closed folders where it needs one."""

    uid: int
    gid: int
    capability: str | None = None

    def setpriv_arguments(self) -> tuple[str, ...]:
        """The part of setpriv's command line that turns into this account."""
        identity = ("--reuid", str(self.uid), "--regid", str(self.gid), "--clear-groups")
        if self.capability is None:
            return identity
        kept = ("--inh-caps", f"+{self.capability}", "--ambient-caps", f"+{self.capability}")
        # initdb asks with access(2) whether it may run postgres, and access(2) forgets capabilities without this bit.
        return (*identity, *kept, "--securebits", "+no_setuid_fixup")


def account_for(data: Path, *, binaries: Path) -> Account | None:
    """The account that runs a server which refuses root: None (the user of this process) unless that is root.

    Under root it is the owner of `data` where that is somebody else already, otherwise `nobody`.
    Raises StackError when that account could not reach `binaries` or `data`.
    """
    if os.geteuid() != 0:
        return None
    owner = data.stat() if data.exists() else None
    if owner is not None and owner.st_uid != 0:
        uid, gid = owner.st_uid, owner.st_gid
    else:
        nobody = pwd.getpwnam("nobody")
        uid, gid = nobody.pw_uid, nobody.pw_gid
    closed = _first_closed_folder(binaries) or _first_closed_folder(data.parent)
    return Account(uid=uid, gid=gid, capability=_capability_to_pass(closed) if closed else None)


def _first_closed_folder(path: Path) -> Path | None:
    """The folder on the way to `path` that others may not enter, if there is one."""
    resolved = path.resolve()
    for folder in (*reversed(resolved.parents), resolved):
        if folder.exists() and not folder.stat().st_mode & 0o001:
            return folder
    return None


def _capability_to_pass(closed: Path) -> str:
    status = Path("/proc/self/status").read_text()
    permitted = int(next(line.split()[1] for line in status.splitlines() if line.startswith("CapPrm:")), 16)
    for name, bit in _CAPABILITY_BITS.items():
        if permitted >> bit & 1:
            return name
    raise StackError(
        f"PostgreSQL refuses to run as root, and the user nobody may not enter {closed}. Run `make up` as an ordinary "
        "user, or move the checkout and WINNOW_HOME to a folder that others may enter."
    )
