"""What `make package` wrote for a stage, made ready to run: the functions of its template, with their code."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from importlib.metadata import distribution
from pathlib import Path
from typing import Any, BinaryIO

from infra.lambda_runtime.execution import Function

RUNTIME = (
    *("awslambdaric", "simplejson", "snapshot-restore-py"),
    *("boto3", "botocore", "jmespath", "python-dateutil", "s3transfer", "six", "urllib3"),
)
"""What Lambda's runtime has besides Python: the client of the Runtime API and the SDK, each with what it needs."""


class Package:
    """`source` is the folder that was written, `work` an empty one for the unpacked code."""

    def __init__(self, source: Path, work: Path) -> None:
        self._resources: dict[str, Any] = json.loads((source / "sam.json").read_text())["Resources"]
        self._code = unpack(source / "deployment.zip", work / "code")
        self._runtime = link_runtime(work / "runtime")

    @property
    def api(self) -> dict[str, Any]:
        """The REST API's definition."""
        definition: dict[str, Any] = self._properties("RestAPI")["DefinitionBody"]
        return definition

    @property
    def settings(self) -> dict[str, str]:
        """The environment that the template gives to the functions."""
        settings: dict[str, str] = self._properties("APIHandler")["Environment"]["Variables"]
        return settings

    def api_function(self, environment: Mapping[str, str]) -> Function:
        return self._function("APIHandler", environment)

    def queue_function(self, environment: Mapping[str, str]) -> Function:
        return self._function("Mail", environment)

    def _function(self, name: str, environment: Mapping[str, str]) -> Function:
        """`environment` goes before the template's."""
        properties = self._properties(name)
        return Function(
            name=properties["FunctionName"],
            handler=properties["Handler"],
            code=self._code,
            runtime=self._runtime,
            environment={**properties["Environment"]["Variables"], **environment},
            timeout=properties["Timeout"],
            memory=properties["MemorySize"],
        )

    def _properties(self, name: str) -> dict[str, Any]:
        properties: dict[str, Any] = self._resources[name]["Properties"]
        return properties


def unpack(archive: Path | BinaryIO, folder: Path) -> Path:
    with zipfile.ZipFile(archive) as opened:
        opened.extractall(folder)
    return folder


def link_runtime(folder: Path) -> Path:
    """A folder with links to the packages of RUNTIME that are installed here, and to no other."""
    (folder / "__pycache__").mkdir(parents=True)
    for name in RUNTIME:
        package = distribution(name)
        files = [path.parts for path in package.files or [] if not path.parts[0].endswith((".dist-info", ".."))]
        for top in {parts[:2] if parts[0] == "__pycache__" else parts[:1] for parts in files}:
            folder.joinpath(*top).symlink_to(Path(str(package.locate_file(Path(*top)))))
    return folder
