"""Which processes a stack has besides its servers, and what each of them is told."""

import sys
from dataclasses import dataclass

from winnow_local.ports import LOOPBACK
from winnow_local.processes import Command

BULK_NICENESS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """One kind of process: a service, and the role it runs in where it has several."""

    service: str
    role: str = "serve"
    niceness: int = 0

    @property
    def label(self) -> str:
        """What it is called in the log and in SCALE."""
        return self.service if self.role == "serve" else self.role


ROLES = (
    Role(service="gateway"),
    Role(service="scoring"),
    Role(service="scoring", role="imports", niceness=BULK_NICENESS),
    Role(service="scoring", role="models", niceness=BULK_NICENESS),
    Role(service="scoring", role="keeper"),
    Role(service="scoring", role="bulk", niceness=BULK_NICENESS),
    Role(service="pipeline"),
    Role(service="pipeline", role="chunks", niceness=BULK_NICENESS),
)
SERVICES = tuple(dict.fromkeys(role.service for role in ROLES))


@dataclass(frozen=True, slots=True, kw_only=True)
class Wiring:
    """Where everything of one stack is, as its services need it."""

    postgres: dict[str, str]
    """A URL per service."""
    kafka: str
    redis: str
    objects: str
    master_key: str
    pepper: str
    port: int
    log_level: str

    @property
    def public_url(self) -> str:
        """Where the gateway answers."""
        return f"http://{LOOPBACK}:{self.port}"

    def environment(self, role: Role, *, instance: str, operations_port: int) -> dict[str, str]:
        """The variables of one process."""
        service = role.service
        values = {
            "POSTGRES": self.postgres[service],
            "KAFKA": self.kafka,
            "OBJECTS": self.objects,
            "MASTER_KEY": self.master_key,
            "INSTANCE": instance,
            "OPERATIONS_PORT": str(operations_port),
            "LOG": "json",
            "LOG_LEVEL": self.log_level,
        }
        if service == "gateway":
            values |= {
                "HOST": LOOPBACK,
                "PORT": str(self.port),
                "PUBLIC_URL": self.public_url,
                "REDIS": self.redis,
                "PEPPER": self.pepper,
            }
        if role.role == "keeper":
            values["REDIS"] = self.redis
        return {f"WINNOW_{service.upper()}_{name}": value for name, value in values.items()}

    def command(self, role: Role, *, instance: str, operations_port: int = 0) -> Command:
        """The process of `role` that is called `instance`."""
        return Command(
            name=instance,
            argv=(sys.executable, "-m", f"winnow_{role.service}", role.role),
            environment=self.environment(role, instance=instance, operations_port=operations_port),
            niceness=role.niceness,
        )
