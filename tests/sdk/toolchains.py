"""What the SDKs are fetched and run with. Each is fetched once, and only what a lock has the hash of.

A test is skipped where this machine lacks a tool, or where its registry is out of reach.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from infra import maven
from tests.support.package import alone

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
BUILD = ROOT / "build" / "sdk"
FETCH_SECONDS = 300


def node() -> str:
    """The path of Node, with the packages of `package-lock.json` installed."""
    node = _program("node", (18, 17))
    command = [_program("npm"), "ci"]
    _once(HERE / "node_modules" / ".installed-lock", HERE / "package-lock.json", lambda: _fetch(command, HERE))
    return node


def chromium() -> str:
    """The path of the browser."""
    return _program("chromium")


def python_sdk(version: str) -> Path:
    """The folder that this older `appwrite` is in; what it needs is installed already, for the newest."""
    folder, lock = BUILD / f"python-{version}", HERE / "locks" / f"appwrite-{version}.lock"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
    locked = ["--require-hashes", "--only-binary=:all:", "--requirement", str(lock)]
    _once(folder / ".installed-lock", lock, lambda: _fetch([*pip, *locked, "--upgrade", "--target", str(folder)], ROOT))
    return folder


def kotlin_driver() -> list[str]:
    """The command that starts the driver of the SDK for Kotlin."""
    java = _program("java", (17,))
    _program("mvn")
    folder = BUILD / "kotlin"
    try:
        maven.fetch(HERE / "drivers" / "java" / "pom.xml", folder)
    except subprocess.CalledProcessError:
        pytest.skip("mvn could not fetch the SDK: see its output above")
    return [java, "-classpath", f"{folder}/*", str(HERE / "drivers" / "java" / "Driver.java")]


def rust_driver() -> list[str]:
    """The same of the SDK for Rust, after compiling it; a first time takes minutes."""
    cargo, folder = _program("cargo", (1, 85)), HERE / "drivers" / "rust"
    _program("cc")
    _fetch([cargo, "fetch", "--quiet", "--locked"], folder)
    command = [cargo, "build", "--quiet", "--locked", "--offline", "--target-dir", str(BUILD / "rust")]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    if "Could not find directory of OpenSSL installation" in done.stderr:
        pytest.skip("the headers of OpenSSL are not installed")
    assert done.returncode == 0, done.stderr
    return [str(BUILD / "rust" / "debug" / "driver")]


def _program(name: str, oldest: tuple[int, ...] = ()) -> str:
    path = shutil.which(name)
    if path is None:
        pytest.skip(f"{name} is not installed")
    if oldest:
        version = subprocess.run([path, "--version"], capture_output=True, text=True, check=True).stdout
        found = re.search(r"\d+(\.\d+)*", version)
        if found is None or tuple(map(int, found[0].split("."))) < oldest:
            pytest.skip(f"{name} {'.'.join(map(str, oldest))} is needed; this is {version.splitlines()[0]}")
    return path


def _once(stamp: Path, lock: Path, fetch: Callable[[], None]) -> None:
    """Fetch unless that has been done for this state of the lock file; one process at a time."""
    with alone(ROOT / "build" / "sdk.lock"):
        if stamp.is_file() and stamp.read_text() == lock.read_text():
            return
        fetch()
        stamp.write_text(lock.read_text())


def _fetch(command: Sequence[str], folder: Path) -> None:
    try:
        subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=FETCH_SECONDS, check=True)
    except subprocess.TimeoutExpired:
        pytest.skip(f"{Path(command[0]).name} could not fetch the SDK within {FETCH_SECONDS} s")
    except subprocess.CalledProcessError as error:
        pytest.skip(f"{Path(command[0]).name} could not fetch the SDK: {_complaint(error.stderr)}")


def _complaint(says: str) -> str:
    lines = says.splitlines()
    return next((line for line in lines if "err" in line.lower()), "it does not say why")
