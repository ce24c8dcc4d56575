"""Sealed objects in a folder, in memory and on S3: what goes in comes out, and nothing else does."""

import asyncio
import subprocess
import sys
from array import array
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import aiohttp
import obstore
import pytest
from moto.server import ThreadedMotoServer
from winnow_common.errors import TemporaryError
from winnow_common.objects import ObjectMissing
from winnow_common.sealed import SealedCorrupt, SealedStore, TooLarge
from winnow_common.sealed_format import FRAME_BYTES, HEADER_BYTES, SEALED_FRAME_BYTES
from winnow_contracts.sealed import SealedReference

MASTER = bytes(range(32))
ACME, OTHER = UUID(int=0xACE), UUID(int=0xBAD)
NOON = datetime(2026, 5, 4, 12, 0, 0, tzinfo=UTC)
MIB = 1024 * 1024


@pytest.fixture(scope="module")
def s3_endpoint() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
async def bucket(s3_endpoint: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The URL of an empty bucket, with the environment that leads to it."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", s3_endpoint)
    monkeypatch.setenv("AWS_ALLOW_HTTP", "true")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    async with aiohttp.ClientSession() as session:
        await (await session.post(f"{s3_endpoint}/moto-api/reset")).read()
        await (await session.put(f"{s3_endpoint}/objects")).read()
    return "s3://objects/some/prefix"


@pytest.fixture(params=["folder", "memory", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> SealedStore:
    """A store of each kind."""
    match request.param:
        case "folder":
            return SealedStore.at(tmp_path.as_uri(), master_key=MASTER)
        case "memory":
            return SealedStore.at("memory:///", master_key=MASTER)
        case _:
            return SealedStore.at(request.getfixturevalue("bucket"), master_key=MASTER)


@pytest.fixture
def folder(tmp_path: Path) -> SealedStore:
    return SealedStore.at(tmp_path.as_uri(), master_key=MASTER)


def content_of(size: int) -> bytes:
    """Bytes that say where they are."""
    return array("I", range(size // 4 + 1)).tobytes()[:size]


async def pieces(content: bytes, *, size: int = 50_000) -> AsyncIterator[bytes]:
    for start in range(0, len(content), size):
        yield content[start : start + size]


async def write(
    store: SealedStore, content: bytes, *, tenant: UUID = ACME, expires: datetime = NOON, maximum: int = 64 * MIB
) -> SealedReference:
    return await store.write(pieces(content), tenant=tenant, expires=expires, maximum=maximum)


async def read(store: SealedStore, reference: SealedReference, *, tenant: UUID = ACME, offset: int = 0) -> bytes:
    return b"".join([piece async for piece in store.read(reference, tenant=tenant, offset=offset)])


def files(tmp_path: Path) -> list[Path]:
    return [path for path in tmp_path.rglob("*") if path.is_file()]


async def cancel_in_mid_stream(store: SealedStore, content: bytes) -> None:
    """Write what does not end, and cancel the writer when that much has been taken."""
    sent = asyncio.Event()

    async def stalled() -> AsyncIterator[bytes]:
        async for piece in pieces(content):
            yield piece
        sent.set()
        await asyncio.Event().wait()

    task = asyncio.create_task(store.write(stalled(), tenant=ACME, expires=NOON, maximum=64 * MIB))
    await sent.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def uploads(s3_endpoint: str) -> str:
    """What the store says about uploads that were begun and not ended."""
    async with aiohttp.ClientSession() as session, session.get(f"{s3_endpoint}/objects?uploads") as answer:
        return await answer.text()


class TestContent:
    @pytest.mark.parametrize("size", [0, 1, FRAME_BYTES - 1, FRAME_BYTES, FRAME_BYTES + 1, 3 * FRAME_BYTES, 5 * MIB])
    async def test_it_comes_out_as_it_went_in_from_any_byte_on(self, store: SealedStore, size: int) -> None:
        content = content_of(size)
        reference = await write(store, content)
        assert reference.size == size
        for offset in {0, size // 2, min(FRAME_BYTES, size), max(0, size - 1), size}:
            assert await read(store, reference, offset=offset) == content[offset:]

    async def test_a_large_object_goes_up_in_parts_and_comes_out_in_pieces(self, store: SealedStore) -> None:
        content = content_of(17 * MIB)
        reference = await write(store, content)
        assert await read(store, reference, offset=9 * MIB) == content[9 * MIB :]
        assert max([len(piece) async for piece in store.read(reference, tenant=ACME)]) == FRAME_BYTES

    async def test_an_offset_outside_of_it_is_refused(self, store: SealedStore) -> None:
        reference = await write(store, b"abc")
        for offset in (-1, 4):
            with pytest.raises(ValueError, match="offset"):
                await read(store, reference, offset=offset)

    async def test_it_never_takes_the_place_of_another(
        self, store: SealedStore, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("winnow_common.sealed.uuid4", lambda: ACME)
        reference = await write(store, b"first")
        with pytest.raises(TemporaryError):
            await write(store, b"other")
        assert await read(store, reference) == b"first"

    async def test_nothing_of_it_can_be_read_in_the_store(self, folder: SealedStore, tmp_path: Path) -> None:
        await write(folder, b"jane@example.com" * 10_000)
        (file,) = files(tmp_path)
        assert b"jane" not in file.read_bytes()

    async def test_its_reference_is_the_same_for_the_same_content_of_one_tenant_only(self, store: SealedStore) -> None:
        first, second = await write(store, b"abc"), await write(store, b"abc")
        foreign = await write(store, b"abc", tenant=OTHER)
        assert first.sha256 == second.sha256
        assert first.key != second.key
        assert foreign.sha256 != first.sha256

    async def test_its_reference_survives_the_log(self, store: SealedStore) -> None:
        reference = await write(store, b"abc")
        assert SealedReference.model_validate_json(reference.model_dump_json()) == reference

    def test_large_content_needs_little_memory(self, tmp_path: Path) -> None:
        script = f"""
import asyncio, os, resource
from datetime import UTC, datetime
from uuid import UUID
from winnow_common.sealed import SealedStore

async def content():
    for _ in range(256):
        yield bytes(1024 * 1024)

async def main():
    store = SealedStore.at({tmp_path.as_uri()!r}, master_key=bytes(32))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    reference = await store.write(content(), tenant=UUID(int=1), expires=datetime.now(UTC), maximum=2**28)
    size = 0
    async for piece in store.read(reference, tenant=UUID(int=1)):
        size += len(piece)
    assert size == 2**28
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before, flush=True)
    os._exit(0)  # as services end (`lifecycle.main`)

asyncio.run(main())
"""
        run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
        assert int(run.stdout) < 64 * 1024  # KiB


class TestBreaks:
    @pytest.mark.parametrize("size", [MIB, 17 * MIB])
    async def test_a_stream_that_breaks_leaves_nothing(self, store: SealedStore, size: int) -> None:
        async def broken() -> AsyncIterator[bytes]:
            async for piece in pieces(content_of(size)):
                yield piece
            raise ConnectionResetError("the caller went away")

        with pytest.raises(ConnectionResetError, match="the caller went away"):
            await store.write(broken(), tenant=ACME, expires=NOON, maximum=64 * MIB)
        assert await store.sweep(NOON) == 0

    @pytest.mark.parametrize("maximum", [0, 99_999, 16 * MIB])
    async def test_a_stream_that_is_too_long_leaves_nothing(self, store: SealedStore, maximum: int) -> None:
        with pytest.raises(TooLarge) as caught:
            await write(store, content_of(maximum + 1), maximum=maximum)
        assert caught.value.maximum == maximum
        assert await store.sweep(NOON) == 0

    async def test_a_stream_of_the_largest_size_is_taken(self, store: SealedStore) -> None:
        assert (await write(store, content_of(100_000), maximum=100_000)).size == 100_000

    @pytest.mark.parametrize("size", [MIB, 17 * MIB])
    async def test_a_writer_that_is_cancelled_leaves_nothing(
        self, folder: SealedStore, tmp_path: Path, size: int
    ) -> None:
        await cancel_in_mid_stream(folder, content_of(size))
        assert files(tmp_path) == []

    async def test_an_upload_in_parts_that_breaks_is_aborted(self, bucket: str, s3_endpoint: str) -> None:
        with pytest.raises(TooLarge):
            await write(SealedStore.at(bucket, master_key=MASTER), content_of(17 * MIB), maximum=16 * MIB)
        assert "<UploadId>" not in await uploads(s3_endpoint)

    async def test_an_upload_in_parts_that_is_cancelled_is_aborted(self, bucket: str, s3_endpoint: str) -> None:
        await cancel_in_mid_stream(SealedStore.at(bucket, master_key=MASTER), content_of(17 * MIB))
        assert "<UploadId>" not in await uploads(s3_endpoint)

    @pytest.mark.parametrize("size", [MIB, 17 * MIB])
    async def test_an_upload_that_went_through_when_it_was_cancelled_is_undone(
        self, folder: SealedStore, tmp_path: Path, size: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        through = asyncio.Event()

        async def put(*arguments: Any, **options: Any) -> object:
            result = await put_async(*arguments, **options)
            through.set()
            await asyncio.sleep(0)
            return result

        put_async = obstore.put_async
        monkeypatch.setattr(obstore, "put_async", put)
        task = asyncio.create_task(write(folder, content_of(size)))
        await through.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert files(tmp_path) == []

    async def test_a_store_that_is_away_is_a_temporary_error(
        self, bucket: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        reference = await write(SealedStore.at(bucket, master_key=MASTER), b"abc")
        monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
        away = SealedStore.at(bucket, master_key=MASTER)
        for work in (read(away, reference), write(away, b"abc"), away.sweep(NOON), away.check()):
            with pytest.raises(TemporaryError, match="object store"):
                await work


class TestSafety:
    async def test_another_tenant_can_neither_read_nor_delete_it(self, store: SealedStore) -> None:
        reference = await write(store, b"abc")
        with pytest.raises(SealedCorrupt):
            await read(store, reference, tenant=OTHER)
        with pytest.raises(ObjectMissing):
            await store.delete(reference, tenant=OTHER)
        assert await read(store, reference) == b"abc"

    async def test_another_master_key_does_not_open_it(self, folder: SealedStore, tmp_path: Path) -> None:
        reference = await write(folder, b"abc")
        with pytest.raises(SealedCorrupt, match="another master key"):
            await read(SealedStore.at(tmp_path.as_uri(), master_key=bytes(32)), reference)

    @pytest.mark.parametrize("key", ["../../etc/passwd", "sealed/../secrets", "elsewhere/x", "sealed/20260504/x/y"])
    def test_a_reference_leads_nowhere_else(self, key: str) -> None:
        with pytest.raises(ValueError, match="key"):
            SealedReference(key=key, size=1, sha256="0" * 64, expires=NOON)

    @pytest.mark.parametrize("position", [0, 5, 10, 20, HEADER_BYTES - 1, HEADER_BYTES, HEADER_BYTES + 70_000, -1])
    async def test_a_changed_bit_is_noticed(self, folder: SealedStore, tmp_path: Path, position: int) -> None:
        reference = await write(folder, content_of(3 * FRAME_BYTES))
        (file,) = files(tmp_path)
        changed = bytearray(file.read_bytes())
        changed[position] ^= 1
        file.write_bytes(changed)
        with pytest.raises(SealedCorrupt):
            await read(folder, reference)

    @pytest.mark.parametrize("left", [0, 1, HEADER_BYTES, HEADER_BYTES + SEALED_FRAME_BYTES])
    async def test_an_object_that_is_cut_short_is_noticed(self, folder: SealedStore, tmp_path: Path, left: int) -> None:
        reference = await write(folder, content_of(3 * FRAME_BYTES))
        (file,) = files(tmp_path)
        file.write_bytes(file.read_bytes()[:left])
        with pytest.raises(SealedCorrupt):
            await read(folder, reference)

    async def test_a_reference_that_lies_about_the_size_does_not_hide_an_end(
        self, folder: SealedStore, tmp_path: Path
    ) -> None:
        reference = await write(folder, content_of(3 * FRAME_BYTES))
        (file,) = files(tmp_path)
        file.write_bytes(file.read_bytes()[: HEADER_BYTES + 2 * SEALED_FRAME_BYTES])
        with pytest.raises(SealedCorrupt, match="frame 1"):
            await read(folder, reference.model_copy(update={"size": 2 * FRAME_BYTES}))

    async def test_frames_in_another_order_are_noticed(self, folder: SealedStore, tmp_path: Path) -> None:
        reference = await write(folder, content_of(3 * FRAME_BYTES))
        (file,) = files(tmp_path)
        sealed = file.read_bytes()
        header, first, second, last = (
            sealed[:HEADER_BYTES],
            *(sealed[HEADER_BYTES + number * SEALED_FRAME_BYTES :][:SEALED_FRAME_BYTES] for number in range(3)),
        )
        file.write_bytes(header + second + first + last)
        with pytest.raises(SealedCorrupt, match="frame 0"):
            await read(folder, reference)

    async def test_an_object_in_the_place_of_another_is_noticed(self, folder: SealedStore, tmp_path: Path) -> None:
        first, second = await write(folder, b"abc"), await write(folder, b"xyz")
        (tmp_path / first.key).write_bytes((tmp_path / second.key).read_bytes())
        with pytest.raises(SealedCorrupt):
            await read(folder, first)


class TestExpiry:
    async def test_a_sweep_deletes_what_has_expired_and_nothing_else(self, store: SealedStore) -> None:
        days = [NOON - timedelta(days=400), NOON - timedelta(days=1), NOON, NOON + timedelta(seconds=1)]
        days += [NOON + timedelta(hours=12), NOON + timedelta(days=400)]
        references = [await write(store, b"abc", expires=day) for day in days]
        assert await store.sweep(NOON) == 3
        assert await store.sweep(NOON) == 0
        for reference in references[:3]:
            with pytest.raises(ObjectMissing):
                await read(store, reference)
        for reference in references[3:]:
            assert await read(store, reference) == b"abc"

    async def test_two_sweeps_at_once_do_not_disturb_each_other(self, store: SealedStore) -> None:
        for _ in range(20):
            await write(store, b"abc")
        await asyncio.gather(store.sweep(NOON), store.sweep(NOON))
        assert await store.sweep(NOON) == 0

    async def test_a_sweep_of_an_empty_store_finds_nothing(self, store: SealedStore) -> None:
        assert await store.sweep(NOON) == 0

    async def test_a_sweep_removes_what_a_killed_upload_left_in_a_folder(
        self, folder: SealedStore, tmp_path: Path
    ) -> None:
        reference = await write(folder, b"abc", expires=NOON - timedelta(days=1))
        (tmp_path / f"{reference.key}#1").write_bytes(b"half")
        await folder.sweep(NOON)
        assert files(tmp_path) == []

    async def test_what_is_deleted_is_gone_and_may_be_deleted_again(self, store: SealedStore) -> None:
        reference = await write(store, b"abc")
        for _ in range(2):
            await store.delete(reference, tenant=ACME)
        with pytest.raises(ObjectMissing):
            await read(store, reference)


class TestValues:
    def test_a_value_opens_in_its_own_context_only(self, folder: SealedStore) -> None:
        sealed = folder.seal(b"secret", context="dead_letters/7")
        assert b"secret" not in sealed
        assert folder.unseal(sealed, context="dead_letters/7") == b"secret"
        with pytest.raises(SealedCorrupt):
            folder.unseal(sealed, context="dead_letters/8")

    def test_a_value_is_sealed_differently_each_time(self, folder: SealedStore) -> None:
        assert folder.seal(b"secret", context="a") != folder.seal(b"secret", context="a")

    @pytest.mark.parametrize("sealed", [b"", b"WNV1", b"WNV1" + bytes(100), b"x" * 100])
    def test_what_was_never_sealed_does_not_open(self, folder: SealedStore, sealed: bytes) -> None:
        with pytest.raises(SealedCorrupt):
            folder.unseal(sealed, context="a")

    def test_an_objects_header_is_no_value(self, folder: SealedStore) -> None:
        header, _ = folder._master.new_object(b"a")
        with pytest.raises(SealedCorrupt):
            folder.unseal(b"WNV1" + header[4:], context="a")


class TestPlaces:
    @pytest.mark.parametrize("url", ["ftp://x/y", "objects", "file://relative", "s3://", "file:///proc/nowhere"])
    def test_a_place_that_cannot_be_used_is_refused_in_words(self, url: str) -> None:
        with pytest.raises(ValueError, match="objects"):
            SealedStore.at(url, master_key=MASTER)

    async def test_a_store_that_answers_is_well(self, store: SealedStore) -> None:
        await store.check()

    def test_a_master_key_has_32_bytes(self) -> None:
        with pytest.raises(ValueError, match="32 bytes"):
            SealedStore.at("memory:///", master_key=b"short")
