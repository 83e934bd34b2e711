"""The tree that Chalice packs: the app, and in `vendor/` its dependencies, compiled and trimmed, with a fast Argon2.

Chalice by itself would pack the wheels as they come: half a second more at each cold start, and a slow password hash.
Byte code goes stale unseen, so everything is made anew each time; only downloads and the Argon2 build are kept.
"""

from __future__ import annotations

import os
import platform
import py_compile
import re
import shutil
import subprocess
import sys
import venv
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory

import chalice

from infra.deploy.stage import ROOT, Refused

PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
GLIBC = (2, 26) if sys.version_info < (3, 12) else (2, 34)
"""Of the system below Lambda's runtime for this Python: Amazon Linux 2, from 3.12 on Amazon Linux 2023."""

UNUSED = (
    *("*.dist-info", "*.data", "**/*.pyi", "**/py.typed", "**/*.h"),
    *("cffi", "pycparser"),  # for building; what argon2 and cryptography import is a module beside them
    *("ua_parser_builtins/lazy.py", "ua_parser_builtins/regexes.py"),  # the same rules again, in other forms
    *("**/__main__.py", "segno/cli.py", "segno/helpers.py", "jwt/help.py"),  # commands
    *("publicsuffixlist/test.py", "publicsuffixlist/update.py"),
    *(
        "cryptography/fernet.py",
        "cryptography/x509/ocsp.py",
        "cryptography/hazmat/asn1",
    ),
    *(
        f"cryptography/hazmat/primitives/{name}"
        for name in ("twofactor", "serialization/pkcs7.py", "serialization/pkcs12.py")
    ),
    *("phonenumbers/carrier.py", "phonenumbers/geocoder.py", "phonenumbers/timezone.py", "phonenumbers/prefix.py"),
    *(
        "ua_parser/user_agent_parser.py",
        "ua_parser/re2.py",
        "ua_parser/regex.py",
    ),  # the interface of before, and engines
    *(f"fido2/{name}" for name in ("attestation", "client", "ctap2", "hid")),  # for authenticators and their makers
    *(f"fido2/{name}.py" for name in ("ctap", "ctap1", "features", "mds3", "payment", "pcsc")),
    "phonenumbers/shortdata/region_*",  # 112 and its like
)
"""What no import of ours reaches."""

NOT_PACKED = ("__pycache__", "*.md")
"""What stays behind of chalicelib: byte code of this machine, and documents."""

DATA = "phonenumbers/data/region_*.py"
"""Read one at a time, and byte code of it is twice the size: these stay source."""

SUFFIXES = "publicsuffixlist/public_suffix_list.dat"
FIDO2_SUFFIXES = "fido2/public_suffix_list.dat"
"""The same list again: opened by the import, and asked about no origin of ours. It stays as an empty file."""
LICENCE = 3
"""Lines of that list that say its licence. Half of the rest is comment."""

UNCHECKED = py_compile.PycInvalidationMode.UNCHECKED_HASH
BARE = 2
"""Byte code without docstrings, which are an eighth of it, and without `assert`, on which nothing packed relies."""
LOCKED = ["--require-hashes", "--no-deps"]
WHEELS = [*LOCKED, "--only-binary=:all:"]
"""Without code of a package's own that would run at its installation, and might fetch more."""
ARGON2 = "argon2-cffi-bindings"
ARGON2_LOCK = "requirements-argon2.lock"
ARGON2_FLAGS = "-O3 -mavx2 -DARGON2_NO_THREADS"
"""Every x86_64 Lambda has AVX2, which halves the time of a hash; threads would ask for a newer glibc than there is."""


def build(root: Path = ROOT) -> Path:
    """The folder for Chalice, without its configuration."""
    folder = root / "build" / "app"
    shutil.rmtree(folder, ignore_errors=True)
    vendor = folder / "vendor"
    vendor.mkdir(parents=True)
    (folder / "requirements.txt").write_text("# Everything is in vendor/.\n")
    shutil.copy(root / "app.py", folder)
    shutil.copytree(root / "chalicelib", folder / "chalicelib", ignore=shutil.ignore_patterns(*NOT_PACKED))
    for wheel in wheels(root / "requirements.txt", root / "build" / "wheels"):
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(vendor)
    trim(vendor)
    compile_packages(vendor)
    compile_app(folder, vendor)
    return folder


def wheels(requirements: Path, folder: Path) -> list[Path]:
    """The wheels of the requirements for Lambda, fetched once for each state of them."""
    tools = requirements.with_name(ARGON2_LOCK)
    wanted = f"# Python {PYTHON}\n{requirements.read_text()}{tools.read_text()}"
    stamp = folder / "requirements.txt"
    if not stamp.exists() or stamp.read_text() != wanted:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        print("Fetching the packages for Lambda ...", flush=True)
        _pip("download", *_for_lambda(), "--requirement", str(requirements), "--dest", str(folder))
        _build_argon2(requirements, tools, folder)
        stamp.write_text(wanted)
    return sorted(folder.glob("*.whl"))


def _for_lambda() -> list[str]:
    versions = range(17, GLIBC[1] + 1)
    platforms = [f"--platform=manylinux_2_{version}_x86_64" for version in versions]
    return [
        *WHEELS,
        f"--python-version={PYTHON}",
        *platforms,
        "--platform=manylinux2014_x86_64",
    ]


def _build_argon2(requirements: Path, tools: Path, folder: Path) -> None:
    """Put a build of our own in the place of PyPI's, which is slow and stays where this one cannot be made."""
    for slow in folder.glob(f"{ARGON2.replace('-', '_')}-*.whl"):
        with TemporaryDirectory() as work:
            try:
                fast = _argon2(requirement(ARGON2, requirements), tools, Path(work))
            except Refused as reason:
                print(f"Password hashing will be slow, by PyPI's build of Argon2: {reason}", flush=True)
            else:
                slow.unlink()
                shutil.move(fast, folder)


def requirement(name: str, requirements: Path) -> str:
    """The lines of the lock file that pin this package, with its hashes."""
    found = re.search(rf"^{re.escape(name)}==(?:.*\\\n)*.*\n", requirements.read_text(), re.MULTILINE)
    if not found:
        raise Refused(f"{requirements.name} does not name {name}")
    return found[0]


def _argon2(pinned: str, tools: Path, folder: Path) -> Path:
    """Source and tools are those of the lock files: pip alone would build with the newest tools, whatever they are."""
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        raise Refused("a faster one needs Linux on x86_64")
    venv.create(folder / "tools", with_pip=True)
    python = str(folder / "tools" / "bin" / "python")
    _pip("install", *WHEELS, "--requirement", str(tools), python=python)
    source = folder / "source.txt"
    source.write_text(pinned)
    build = ["--no-build-isolation", "--check-build-dependencies", f"--no-binary={ARGON2}", *LOCKED]
    environment = {"CFLAGS": ARGON2_FLAGS, "LDFLAGS": "-s", "PATH": f"{Path(python).parent}:{os.environ['PATH']}"}
    _pip(
        *("wheel", *build, "--requirement", str(source), "--wheel-dir", str(folder)),
        python=python,
        environment=environment,
    )
    [wheel] = folder.glob("*.whl")
    if needed_glibc(wheel) > GLIBC:
        raise Refused(f"the one built here needs glibc {needed_glibc(wheel)}, Lambda has {GLIBC}")
    return wheel


def needed_glibc(wheel: Path) -> tuple[int, int]:
    """The newest glibc that a symbol in the wheel's libraries asks for."""
    with zipfile.ZipFile(wheel) as archive:
        libraries = [archive.read(name) for name in archive.namelist() if name.endswith(".so")]
    found = [re.findall(rb"GLIBC_(\d+)\.(\d+)", library) for library in libraries]
    return max((int(major), int(minor)) for versions in found for major, minor in versions)


def trim(vendor: Path) -> None:
    for pattern in UNUSED:
        for path in list(vendor.glob(pattern)):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    for path in vendor.glob(SUFFIXES):
        lines = path.read_text().splitlines(keepends=True)
        path.write_text("".join(line for at, line in enumerate(lines) if at < LICENCE or _is_rule(line)))
    for path in vendor.glob(FIDO2_SUFFIXES):
        path.write_text("")
    strip = shutil.which("strip")
    if strip and platform.system() == "Linux":
        for library in vendor.rglob("*.so"):
            subprocess.run([strip, "--strip-unneeded", str(library)], check=True)


def _is_rule(line: str) -> bool:
    """Of the list of suffixes: a rule, or where a section of them begins or ends."""
    return bool(line.strip()) and (not line.startswith("//") or "===" in line)


def compile_packages(vendor: Path) -> None:
    _to_byte_code(vendor, vendor, {path.with_suffix(".pyc") for path in vendor.glob(DATA)})


def compile_app(folder: Path, vendor: Path) -> None:
    """`app.py` stays, which Chalice reads. Its byte code, and that of Chalice, goes by way of `vendor/`."""
    _to_byte_code(folder / "chalicelib", folder, set())
    _compile(folder / "app.py", vendor, shown=Path("app.py"))
    for name in ("__init__.py", "app.py"):
        _compile(Path(chalice.__file__).with_name(name), vendor / "chalice", shown=Path("chalice", name))


def _to_byte_code(tree: Path, above: Path, data: set[Path]) -> None:
    """Byte code in the place of the source, apart from `data`: both would not fit into the zip's budget.

    Tracebacks name file, line and function; the revision that the zip carries says of which source. They do not mark
    the part of the line, whose place would be a fifth of the byte code.
    """
    lean = [sys.executable, "-X", "no_debug_ranges", "-m", "compileall", "-q", "-f", "-b", "-o", str(BARE)]
    command = [*lean, "--invalidation-mode", "unchecked-hash", "-s", str(above), str(tree)]
    if subprocess.run(command).returncode:
        raise Refused(f"{tree.name} cannot be compiled.")
    for code in list(tree.rglob("*.pyc")):
        (code if code in data else code.with_suffix(".py")).unlink()


def _compile(source: Path, folder: Path, shown: Path) -> None:
    """`shown` is what tracebacks call the file."""
    target = folder / "__pycache__" / f"{source.stem}.{sys.implementation.cache_tag}.pyc"
    py_compile.compile(
        str(source), str(target), dfile=str(shown), doraise=True, invalidation_mode=UNCHECKED, optimize=BARE
    )


def _pip(*arguments: str, python: str = sys.executable, environment: dict[str, str] | None = None) -> None:
    command = [python, "-m", "pip", "--quiet", "--disable-pip-version-check", *arguments]
    if subprocess.run(command, env={**os.environ, **(environment or {})}).returncode:
        raise Refused(f"pip {arguments[0]} failed")
