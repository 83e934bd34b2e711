"""What is installed is named with its hash, and what runs in the pipeline by its commit."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import pytest
import yaml

from infra import maven
from infra.deploy import build
from infra.deploy.build import ARGON2, ARGON2_LOCK, requirement
from tests.sdk import toolchains
from tests.support.files import ROOT

SDKS = ROOT / "tests" / "sdk"
POMS = [ROOT / "infra" / "engine" / "pom.xml", SDKS / "drivers" / "java" / "pom.xml"]
LOCKS = sorted([*ROOT.glob("requirements*.lock"), ROOT / "requirements.txt"])
OLD_SDKS = sorted((SDKS / "locks").glob("*.lock"))
"""Older versions of what a lock of the project has: written by hand, never upgraded."""
PINNED = re.compile(r"[a-z0-9][a-z0-9.-]*==[\w.]+(?: ; [^\\\n]+?)?(?: \\\n    --hash=sha256:[0-9a-f]{64})+\n|#[^\n]*\n")
COMMIT = re.compile(r"[\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")
INSTALLS = re.compile(r"\b(?:pip|pipx|uv) (?:install|wheel|download|sync|run|tool)\b|\buvx\b")


def test_each_lock_is_known() -> None:
    names = {path.name for path in LOCKS}
    assert {
        "requirements.txt",
        "requirements.lock",
        "requirements-run.lock",
        "requirements-uv.lock",
        ARGON2_LOCK,
    } <= names
    script = (ROOT / "infra" / "lock.sh").read_text()
    assert set(re.findall(r"^compile (\S+)", script, re.MULTILINE)) == names


@pytest.mark.parametrize("lock", [*LOCKS, *OLD_SDKS], ids=lambda path: path.name)
def test_every_requirement_of_a_lock_has_its_hashes_and_no_lock_names_an_index(lock: Path) -> None:
    """Nothing else stands there: no option, no address."""
    text = lock.read_text()
    assert PINNED.sub("", text) == ""
    assert "==" in text


def test_make_installs_wheels_with_their_hash_and_nothing_else() -> None:
    lines = (ROOT / "Makefile").read_text().splitlines()
    [pip] = [line for line in lines if line.startswith("PIP :=")]
    assert {"--require-hashes", "--no-deps", "--only-binary=:all:"} <= set(pip.split())
    assert [line for line in lines if INSTALLS.search(line)] == [pip]
    uses = [line.strip() for line in lines if "$(PIP)" in line]
    assert uses
    assert all(re.fullmatch(r"@?\$\(PIP\) (?:--no-compile )?-r \$<", line) for line in uses)
    targets = re.findall(
        r"^\$\(VENV\)/\w+: (\S+) .*\n(?:\t(?!@?\$\(PIP\)).*\n)*\t@?\$\(PIP\)", "\n".join(lines), re.MULTILINE
    )
    assert len(targets) == len(uses)
    assert set(targets) <= {path.name for path in LOCKS}


def test_zip_and_argon2_are_made_from_locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each call of pip takes only what a lock has a hash of, and the build fetches nothing by itself."""
    calls: list[list[str]] = []

    def pip(*arguments: str, **more: object) -> None:
        calls.append(list(arguments))
        folder = Path(arguments[-1])
        if arguments[0] == "download":
            (folder / "argon2_cffi_bindings-0-py3-none-any.whl").write_text("slow")
        if arguments[0] == "wheel":
            assert Path(arguments[arguments.index("--requirement") + 1]).read_text() == pinned
            (folder / "argon2_cffi_bindings-0-cp310-abi3-linux_x86_64.whl").write_text("fast")

    pinned = requirement(ARGON2, ROOT / "requirements.txt")
    monkeypatch.setattr(build, "_pip", pip)
    monkeypatch.setattr(build, "needed_glibc", lambda wheel: (2, 14))
    monkeypatch.setattr("venv.create", lambda *_, **__: None)
    monkeypatch.setattr("platform.system", lambda: "Linux")
    monkeypatch.setattr("platform.machine", lambda: "x86_64")

    [wheel] = build.wheels(ROOT / "requirements.txt", tmp_path / "wheels")

    assert wheel.read_text() == "fast"
    assert [call[0] for call in calls] == ["download", "install", "wheel"]
    assert all({"--require-hashes", "--no-deps"} <= set(call) for call in calls)
    assert all("--only-binary=:all:" in call for call in calls[:2])
    assert str(ROOT / ARGON2_LOCK) in calls[1]
    assert "--no-build-isolation" in calls[2]


def test_argon2_has_its_hashes_and_so_have_its_tools() -> None:
    pinned = requirement(ARGON2, ROOT / "requirements.txt")
    assert PINNED.fullmatch(pinned)
    assert pinned.count("--hash=") > 1
    tools = set(re.findall(r"^([\w-]+)==", (ROOT / ARGON2_LOCK).read_text(), re.MULTILINE))
    assert {"scikit-build-core", "setuptools-scm", "cmake", "ninja"} <= tools


def test_packages_of_npm_have_their_hashes() -> None:
    """Or are in the tree themselves. None runs a script of its own at installation."""
    packages = json.loads((SDKS / "package-lock.json").read_text())["packages"]
    unlocked = [path for path, package in packages.items() if "integrity" not in package and not package.get("link")]
    assert all((SDKS / path / "package.json").is_file() and "node_modules" not in path for path in unlocked)
    assert len(packages) > len(unlocked) > 0
    assert "ignore-scripts=true" in (SDKS / ".npmrc").read_text().splitlines()


def test_crates_have_their_hashes() -> None:
    lock = (SDKS / "drivers" / "rust" / "Cargo.lock").read_text()
    packages = lock.split("[[package]]\n")[1:]
    assert [package.splitlines()[0] for package in packages if 'checksum = "' not in package] == ['name = "driver"']
    assert len(packages) > 1


@pytest.mark.parametrize("fetch", [toolchains.node, lambda: toolchains.python_sdk("5.0.3"), toolchains.rust_driver])
def test_sdks_are_fetched_by_their_locks(fetch: Callable[[], object], monkeypatch: pytest.MonkeyPatch) -> None:
    """`npm ci` takes only what is in the lock."""
    calls: list[list[str]] = []
    monkeypatch.setattr(toolchains, "_program", lambda name, oldest=(): name)
    monkeypatch.setattr(toolchains, "_once", lambda stamp, lock, fetch: fetch())

    def run(command: list[str], **how: object) -> subprocess.CompletedProcess[str]:
        calls.append(command)
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr("subprocess.run", run)
    fetch()

    locked = ({"ci"}, {"--locked"}, {"--require-hashes", "--no-deps", "--only-binary=:all:"})
    assert calls
    assert all(any(options <= set(call) for options in locked) for call in calls)


@pytest.mark.parametrize("pom", POMS, ids=lambda pom: pom.parent.name)
def test_every_version_of_a_pom_is_exact(pom: Path) -> None:
    assert re.findall(r"<version>(.*)</version>", pom.read_text())
    assert all(
        re.fullmatch(r"\d[\d.]*", version) for version in re.findall(r"<version>(.*)</version>", pom.read_text())
    )


@pytest.mark.parametrize(
    ("fetched", "taken"),
    [({"a.jar": "a"}, True), ({"a.jar": "b"}, False), ({"a.jar": "a", "b.jar": ""}, False), ({}, False)],
)
def test_java_libraries_are_taken_with_their_hash_and_no_others(
    fetched: dict[str, str], taken: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pom, folder = tmp_path / "pom.xml", tmp_path / "libraries"
    pom.write_text("<project/>")
    (tmp_path / "SHA256SUMS").write_text(f"{hashlib.sha256(b'a').hexdigest()}  a.jar\n")

    def run(command: list[str], **how: object) -> None:
        folder.mkdir()
        for name, text in fetched.items():
            (folder / name).write_text(text)

    monkeypatch.setattr("subprocess.run", run)
    with nullcontext() if taken else pytest.raises(SystemExit, match="SHA256SUMS"):
        maven.fetch(pom, folder)
    assert (folder / maven.STAMP).exists() is taken


def test_nothing_else_installs() -> None:
    """Scripts and pipelines go through make."""
    scripts = [ROOT / ".ci" / "run", *(ROOT / "infra").rglob("*.sh"), *(ROOT / "infra").rglob("*.yml")]
    assert len(scripts) >= 3
    assert [path.name for path in scripts if INSTALLS.search(path.read_text())] == []


def test_actions_of_the_pipeline_are_named_by_commit() -> None:
    text = (ROOT / "infra" / "ci-example.yml").read_text()
    used = re.findall(r"uses:\s*(.+)", text)
    steps = [step for job in yaml.safe_load(text)["jobs"].values() for step in job["steps"]]
    assert {step["uses"] for step in steps if "uses" in step} == {line.partition(" ")[0] for line in used}
    assert len(used) > 3
    assert [line for line in used if not COMMIT.fullmatch(line)] == []


def test_versions_are_kept_unless_an_upgrade_is_asked_for(tmp_path: Path) -> None:
    """With a stand-in for uv, which writes down how it was called, and finds the versions of before."""
    (tmp_path / "requirements.lock").write_text("before==1.0\n")
    uv = tmp_path / "uv"
    uv.write_text(
        '#!/bin/sh\necho "$@" >>calls\nwhile [ "$1" != --output-file ]; do shift; done\necho "after==1.0" >>"$2"\n'
    )
    uv.chmod(0o755)
    script = str(ROOT / "infra" / "lock.sh")

    for upgrade in ([], ["--upgrade"]):
        subprocess.run([script, "./uv", *upgrade], cwd=tmp_path, check=True)
        calls = (tmp_path / "calls").read_text().splitlines()
        (tmp_path / "calls").unlink()
        assert len(calls) == len(LOCKS)
        assert all("--generate-hashes" in call and "--no-emit-index-url" in call for call in calls)
        assert {"--upgrade" in call for call in calls} == {bool(upgrade)}
        assert "before==1.0\n" in (tmp_path / "requirements.lock").read_text()
