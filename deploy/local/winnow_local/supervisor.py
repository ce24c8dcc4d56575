"""Keeps children running: one that ends without being asked to is started again.

Each time is said in the log. One that ends at once again and again is started at growing intervals.
All of it happens on one event loop. `on_change` is called whenever the set of process ids is another.
"""

import asyncio
import signal
import time
from collections.abc import Callable

from winnow_local.log import Journal
from winnow_local.processes import Process

Spawn = Callable[[], Process]

STABLE_AFTER_S = 5.0
FIRST_DELAY_S = 0.25
LONGEST_DELAY_S = 15.0


class Child:
    """A process that is wanted, through all its runs. `group` is the server or service it belongs to."""

    def __init__(self, label: str, *, group: str, spawn: Spawn, process: Process) -> None:
        self.label = label
        self.group = group
        self.spawn = spawn
        self.process = process
        self.started_at = time.monotonic()
        self.ends = 0
        """How often it ended unasked."""
        self.last_words = ""
        """The last lines of the run before this one."""
        self.watch: asyncio.Task[None] | None = None


class Supervisor:
    """Watches children; `stop` ends them for good."""

    def __init__(self, journal: Journal, *, on_change: Callable[[], None]) -> None:
        self._journal = journal
        self._on_change = on_change
        self._children: list[Child] = []

    def watch(self, label: str, *, group: str, spawn: Spawn, running: Process | None = None) -> Child:
        """Start a child, unless it is `running` already, and keep it running."""
        child = Child(label, group=group, spawn=spawn, process=running or spawn())
        self._children.append(child)
        child.watch = asyncio.create_task(self._keep_running(child), name=f"watch {label}")
        return child

    def process_ids(self) -> dict[str, list[int]]:
        """The ids of the children that run, by group."""
        ids: dict[str, list[int]] = {}
        for child in self._children:
            group = ids.setdefault(child.group, [])
            if child.process.exit_status is None:
                group.append(child.process.pid)
        return ids

    async def stop(self, *, groups: frozenset[str] | None = None, within: float) -> None:
        """End the children of these groups (all of them where none are named) side by side, by force after `within`."""
        leaving = [child for child in self._children if groups is None or child.group in groups]
        for child in leaving:
            if child.watch is not None:
                child.watch.cancel()
        await asyncio.gather(*(self._end(child, within=within) for child in leaving))
        self._children = [child for child in self._children if child not in leaving]

    def kill(self) -> None:
        """End every child now."""
        for child in self._children:
            child.process.send(signal.SIGKILL)

    async def _end(self, child: Child, *, within: float) -> None:
        status = await child.process.stop(within=within)
        if status == -signal.SIGKILL:
            self._journal.say(f"{child.label} did not end within {within:.0f} s and was killed", level="warning")

    async def _keep_running(self, child: Child) -> None:
        delay = 0.0
        while True:
            status = await child.process.ended()
            child.ends += 1
            child.last_words = child.process.output_tail()
            lived = time.monotonic() - child.started_at
            delay = 0.0 if lived >= STABLE_AFTER_S else min(max(delay * 2, FIRST_DELAY_S), LONGEST_DELAY_S)
            self._on_change()
            self._journal.say(
                f"{child.label} (process {child.process.pid}) ended after {lived:.0f} s, {describe_exit(status)}; "
                + (f"starting it again in {delay:.2g} s" if delay else "starting it again"),
                level="error",
            )
            await asyncio.sleep(delay)
            child.process = child.spawn()
            child.started_at = time.monotonic()
            self._on_change()
            self._journal.say(f"{child.label} runs again as process {child.process.pid}", level="warning")


def describe_exit(status: int) -> str:
    """An exit status in words."""
    if status >= 0:
        return f"exit status {status}"
    return f"killed by signal {-status} ({signal.strsignal(-status)})"
