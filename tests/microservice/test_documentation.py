"""docs/microservice.md: its snippet installs the microservice, and what it says of the manifest is true."""

from __future__ import annotations

import re
import tomllib
import zipfile
from pathlib import Path

import pytest

from c8yadmin.microservice.platform import ISOLATION, NEEDED, settings
from sdk.sandbox import Sandbox
from sdk.sandbox.server import Server
from tests.microservice.conftest import MANIFEST, Platform, given

PAGE = Path("docs/microservice.md").read_text()


def test_the_snippet_installs_what_the_container_then_finds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with zipfile.ZipFile(tmp_path / "c8yadmin.zip", "w") as archive:
        archive.write("c8yadmin/microservice/cumulocity.json", "cumulocity.json")
        archive.writestr("image.tar", b"layers")
    monkeypatch.chdir(tmp_path)
    [snippet] = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    sandbox = Sandbox(devices=5, seed=7)
    with Server(sandbox).start() as server:
        platform = Platform(server, sandbox, {})
        own = {"https://acme.cumulocity.com": server.base_url, "t12345": "acme"}
        for documented, here in (own | {'"admin", "secret"': f'"acme/admin", "{platform.password}"'}).items():
            assert documented in snippet
            snippet = snippet.replace(documented, here)
        known: dict[str, object] = {}
        exec(compile(snippet, "snippet", "exec"), known)  # noqa: S102
        with platform.administrator() as c8y:
            [application] = c8y.applications.get_by_name("c8yadmin")
        for name, value in given(platform, str(application.id)).items():
            monkeypatch.setenv(name, value)
        for name in NEEDED:
            monkeypatch.delenv(name, raising=False)
        found = settings()
    assert {name: found[name] for name in NEEDED} == known["NEEDED"]
    assert found["C8YADMIN_PATH_PREFIX"] == "/service/c8yadmin"


def test_the_page_says_of_the_manifest_what_it_holds() -> None:
    assert MANIFEST["isolation"] == ISOLATION
    rows = dict(re.findall(r"^\| (`\w+`(?:, `\w+`)*) \| (.*?) \|", PAGE, re.MULTILINE))
    assert rows["`contextPath`"] == f"`{MANIFEST['contextPath']}`"
    assert rows["`isolation`"] == f"`{MANIFEST['isolation']}`"
    assert rows["`scale`, `replicas`"] == f"`{MANIFEST['scale']}`, `{MANIFEST['replicas']}`"
    for probe in (MANIFEST["readinessProbe"], MANIFEST["livenessProbe"]):
        assert rows["`readinessProbe`, `livenessProbe`"] == f"`{probe['httpGet']['path']}` at port 80"


def test_the_manifest_has_the_project_s_version() -> None:
    project = tomllib.loads(Path("pyproject.toml").read_text())["project"]
    assert MANIFEST["version"] == project["version"]
