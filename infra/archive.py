"""What makes a zip of code fit for Lambda: bytecode beside each module, and nothing that the
function could not load."""

import importlib._bootstrap_external as bytecode  # the only door to PEP 552 files
import importlib.util
import json
import re
import sys
import zipfile
from pathlib import Path

EPOCH = (1980, 1, 1, 0, 0, 0)
FILE = 0o100000
# The most that a zip function may be when unpacked, in bytes (AWS Lambda quotas: 250 MB).
MOST = 250 * 1024 * 1024
# e_machine in the ELF header, by Lambda's name of the architecture.
MACHINES = {"arm64": 183, "x86_64": 62}
# The AWS services that chalicelib/aws.py makes clients of. The SDK describes over 400, half of the
# zip; it looks through all of them for every client, which costs a cold start 30 ms of CPU.
SERVICES = frozenset({"cloudfront", "dynamodb", "kms", "s3", "scheduler", "sesv2", "sns", "sqs"})
# What endpoints.json calls them.
ENDPOINTS = SERVICES - {"sesv2"} | {"email"}
SDK = "botocore/data/"
LIBRARY = re.compile(r"\.(so(\.[0-9.]+)?|dylib|pyd|dll)$")


def finish(archive: Path, architecture: str) -> None:
    """Compile every module in the archive, leave out what no function uses, and check the whole.

    SystemExit when a library in it is not for `architecture` (`arm64`, `x86_64`), or when it is
    larger than Lambda takes. The same files always make the same archive, byte for byte.
    """
    _compile(archive)
    with zipfile.ZipFile(archive) as finished:
        strangers = [one for one in finished.infolist() if _foreign(finished, one, architecture)]
    if strangers:
        names = "\n".join(f"  {one.filename}" for one in strangers)
        raise SystemExit(f"These libraries are not for Lambda on {architecture}:\n{names}")
    if (size := _unpacked(archive)) > MOST:
        raise SystemExit(f"The zip unpacks to {size} bytes; Lambda takes {MOST} at most")


def sizes(archive: Path) -> str:
    """How large it is, packed and unpacked, for people."""
    packed, unpacked = archive.stat().st_size / 1e6, _unpacked(archive) / 1e6
    return f"zip of {packed:.1f} MB, {unpacked:.1f} MB unpacked"


def _unpacked(archive: Path) -> int:
    with zipfile.ZipFile(archive) as finished:
        return sum(one.file_size for one in finished.infolist())


def _foreign(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, architecture: str) -> bool:
    """Whether it is machine code for another machine: by its header, whatever its name says."""
    with archive.open(entry) as file:
        header = file.read(20)
    if header[:4] != b"\x7fELF":
        return bool(LIBRARY.search(entry.filename))
    # 64 bits, little-endian, as both of Lambda's machines are.
    machine = int.from_bytes(header[18:20], "little")
    return header[4:6] != b"\x02\x01" or machine != MACHINES[architecture]


def _compile(archive: Path) -> None:
    """Put bytecode beside each module: Lambda's disk is read-only, so that every cold start would
    compile everything again. Unchecked-hash files (PEP 552) are valid whatever the dates say."""
    source = archive.rename(archive.with_suffix(".source.zip"))
    with (
        zipfile.ZipFile(source) as before,
        zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as after,
    ):
        # Sorted: the order in which a disk lists files would change the archive's hash.
        for entry in sorted(before.infolist(), key=lambda one: one.filename):
            if _unused(entry.filename):
                continue
            body = _trimmed(entry.filename, before.read(entry))
            after.writestr(_info(entry.filename, _mode(entry)), body)
            if entry.filename.endswith(".py"):
                after.writestr(_info(_cached(entry.filename), 0o644), _bytecode(entry, body))
    source.unlink()


def _unused(name: str) -> bool:
    """Whether it describes a service that no function calls, or is bytecode made elsewhere."""
    if name.endswith(".pyc"):
        return True
    service, _, file = name.removeprefix(SDK).partition("/")
    return name.startswith(SDK) and bool(file) and service not in SERVICES


def _trimmed(name: str, body: bytes) -> bytes:
    """The SDK's list of endpoints without other services; it is read for every client."""
    if name != f"{SDK}endpoints.json":
        return body
    endpoints = json.loads(body)
    for partition in endpoints["partitions"]:
        kept = {key: one for key, one in partition["services"].items() if key in ENDPOINTS}
        partition["services"] = kept
    return json.dumps(endpoints, separators=(",", ":")).encode()


def _mode(entry: zipfile.ZipInfo) -> int:
    """Readable for all: Lambda's user is not the one who packed, whose umask may be strict."""
    return 0o755 if entry.external_attr >> 16 & 0o100 else 0o644


def _info(name: str, mode: int) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, EPOCH)
    info.external_attr = (FILE | mode) << 16
    info.compress_type = zipfile.ZIP_DEFLATED
    return info


def _cached(name: str) -> str:
    path = Path(name)
    return str(path.parent / "__pycache__" / f"{path.stem}.{sys.implementation.cache_tag}.pyc")


def _bytecode(entry: zipfile.ZipInfo, body: bytes) -> bytes:
    code = compile(body, f"/var/task/{entry.filename}", "exec", dont_inherit=True)
    packed: bytes = bytecode._code_to_hash_pyc(  # type: ignore[attr-defined]
        code, importlib.util.source_hash(body), checked=False
    )
    return packed
