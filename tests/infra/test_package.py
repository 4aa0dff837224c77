"""The zip that ships: what makes packaging refuse, and what it adds to the code."""

import importlib.util
import io
import json
import re
import struct
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from infra import archive
from infra.package import RUNTIME, architecture

ARM, INTEL = 183, 62


def test_a_library_for_another_machine_is_refused_by_name(tmp_path: Path) -> None:
    zipped = pack(tmp_path, {"good.so": elf(ARM), "PIL/bad.cpython-313.so": elf(INTEL)})
    with pytest.raises(SystemExit, match=r"not for Lambda on arm64:\n  PIL/bad\.cpython-313\.so$"):
        archive.finish(zipped, "arm64")


def test_a_foreign_program_is_found_whatever_its_name(tmp_path: Path) -> None:
    zipped = pack(tmp_path, {"bin/tool": elf(INTEL)})
    with pytest.raises(SystemExit, match="bin/tool"):
        archive.finish(zipped, "arm64")


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("lib/a.so.6.4.0", b"\xcf\xfa\xed\xfe" + bytes(60)),
        ("a.cpython-313-darwin.so", b"\xcf\xfa\xed\xfe" + bytes(60)),
        ("a.pyd", b"MZ" + bytes(60)),
        ("cut.so", b"\x7fELF"),
    ],
)
def test_a_library_that_is_not_for_linux_at_all_is_refused(
    tmp_path: Path, name: str, body: bytes
) -> None:
    with pytest.raises(SystemExit, match=name):
        archive.finish(pack(tmp_path, {name: body}), "arm64")


def test_libraries_for_the_functions_machine_pass(tmp_path: Path) -> None:
    archive.finish(pack(tmp_path, {"a.so": elf(ARM), "b.so.1": elf(ARM), "c.txt": b""}), "arm64")
    archive.finish(pack(tmp_path, {"a.so": elf(INTEL)}), "x86_64")


def test_what_lambda_could_not_unpack_is_refused(tmp_path: Path) -> None:
    zipped = tmp_path / "deployment.zip"
    with zipfile.ZipFile(zipped, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as file:
        for number in range(6):
            file.writestr(f"{number}.bin", bytes(archive.MOST // 5))
    with pytest.raises(SystemExit, match="Lambda takes 262144000 at most"):
        archive.finish(zipped, "arm64")


def test_each_module_gets_bytecode_that_this_python_would_load(tmp_path: Path) -> None:
    zipped = pack(tmp_path, {"a/b.py": b"ANSWER = 42\n"})
    archive.finish(zipped, "arm64")
    with zipfile.ZipFile(zipped) as finished:
        body = finished.read(f"a/__pycache__/b.{sys.implementation.cache_tag}.pyc")
    # PEP 552: magic number, then flags: 1 is a hash that nobody checks.
    assert body[:4] == importlib.util.MAGIC_NUMBER
    assert int.from_bytes(body[4:8], "little") == 1


def test_the_same_files_make_the_same_archive_in_whatever_order(tmp_path: Path) -> None:
    files = {"a.py": b"A = 1\n", "b.py": b"B = 2\n"}
    one = pack(tmp_path / "one", files)
    two = pack(tmp_path / "two", dict(reversed(files.items())))
    archive.finish(one, "arm64")
    archive.finish(two, "arm64")
    assert one.read_bytes() == two.read_bytes()


def test_the_sdk_describes_only_services_that_are_called(tmp_path: Path) -> None:
    names = ["botocore/data/ec2/2016-11-15/service-2.json", "botocore/data/s3/2006-03-01/x.json"]
    services: Any = {"services": {"s3": {}, "email": {}, "ec2": {}}}
    endpoints = json.dumps({"partitions": [services], "version": 3}).encode()
    files = {**dict.fromkeys(names, b"{}"), "botocore/data/endpoints.json": endpoints}
    zipped = pack(tmp_path, files)
    archive.finish(zipped, "arm64")
    with zipfile.ZipFile(zipped) as finished:
        assert sorted(finished.namelist()) == ["botocore/data/endpoints.json", names[1]]
        kept = json.loads(finished.read("botocore/data/endpoints.json"))
    assert kept == {"partitions": [{"services": {"s3": {}, "email": {}}}], "version": 3}


def test_every_client_of_the_code_is_in_the_trimmed_sdk() -> None:
    source = Path("chalicelib/aws.py").read_text()
    made = set(re.findall(r'create_client\("(\w+)"', source))
    assert made | {"dynamodb"} == archive.SERVICES
    elsewhere = [one for one in Path("chalicelib").rglob("*.py") if one.name != "aws.py"]
    assert not [one for one in elsewhere if "create_client(" in one.read_text()]


def test_lambdas_user_may_read_what_a_strict_umask_packed(tmp_path: Path) -> None:
    zipped = pack(tmp_path, {"a.py": b""}, mode=0o600)
    archive.finish(zipped, "arm64")
    with zipfile.ZipFile(zipped) as finished:
        assert {one.external_attr >> 16 & 0o777 for one in finished.infolist()} == {0o644}


def test_a_runtime_that_is_not_this_python_is_refused() -> None:
    with pytest.raises(SystemExit, match=rf"asks for python3\.9, and this is {RUNTIME}"):
        architecture(template(("python3.9", "arm64")))
    with pytest.raises(SystemExit, match=r"python3\.9"):
        architecture(template((RUNTIME, "arm64"), ("python3.9", "arm64")))


def test_one_zip_is_for_one_architecture() -> None:
    assert architecture(template((RUNTIME, "arm64"), (RUNTIME, "arm64"))) == "arm64"
    with pytest.raises(SystemExit, match="arm64 and x86_64"):
        architecture(template((RUNTIME, "arm64"), (RUNTIME, "x86_64")))


def elf(machine: int) -> bytes:
    """The first 20 bytes of a 64-bit little-endian shared library (ELF header), and some more."""
    return b"\x7fELF\x02\x01\x01" + bytes(9) + struct.pack("<HH", 3, machine) + bytes(44)


def pack(folder: Path, files: dict[str, bytes], mode: int = 0o644) -> Path:
    folder.mkdir(exist_ok=True)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        for name, body in files.items():
            info = zipfile.ZipInfo(name)
            info.external_attr = mode << 16
            file.writestr(info, body)
    (folder / "deployment.zip").write_bytes(packed.getvalue())
    return folder / "deployment.zip"


def template(*functions: tuple[str, str]) -> dict[str, Any]:
    made = {
        f"Function{number}": {
            "Type": "AWS::Serverless::Function",
            "Properties": {"Runtime": runtime, "Architectures": [machine]},
        }
        for number, (runtime, machine) in enumerate(functions)
    }
    return {"Resources": {**made, "Table": {"Type": "AWS::DynamoDB::Table"}}}
