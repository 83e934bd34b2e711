"""A second factor is a file and a line, and so is a way to sign in, beside its endpoint: tried with one of each.

The product's files are copied and these added, as a newcomer would. Then the walk through the API runs with the copy,
and so do tests that say what all factors and ways there are.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent

FILES = {"letter.py": "factors", "badge.py": "sign_in", "badges.py": "api/account"}
LINES = {
    "factors/registry.py": ("(Totp(), ", "(Totp(), Letter(), ", "from chalicelib.factors.letter import Letter"),
    "sign_in/registry.py": (
        "(ByPassword(), ",
        "(ByPassword(), ByBadge(), ",
        "from chalicelib.sign_in.badge import ByBadge",
    ),
    "api/account/__init__.py": (
        "    sessions.routes,",
        "    sessions.routes,\n    badges.routes,",
        "from chalicelib.api.account import badges",
    ),
}
"""What stands in a list, what stands there then, and its import."""

WALKED = (
    "tests/newcomer/walk.py",
    "tests/factors/test_registry.py::test_right_answer_passes_once[letter]",
    "tests/factors/test_registry.py::test_wrong_answer_changes_nothing[letter]",
    "tests/factors/test_registry.py::test_challenge_belongs_to_the_session_that_asked[letter]",
    "tests/factors/test_registry.py::test_nothing_that_is_kept_or_shown_gives_the_answer_away[letter]",
    "tests/api/test_project.py::test_project_says_its_name_and_its_methods",
    "tests/api/test_project.py::test_policy_has_its_default",
    "tests/api/test_project.py::test_sign_in_method_is_switched_off_and_on",
    "tests/api/account/test_mfa.py::test_factor_is_listed_once_it_is_verified_and_while_the_project_has_it",
    "tests/api/users/test_mfa.py::test_factors_are_those_that_the_user_sees",
    "tests/api/test_openapi.py::test_document_is_valid",
    "tests/api/test_typed_models.py",
)
WITH_COPY = """
import sys
sys.path.insert(0, sys.argv[1])
import chalicelib
import pytest
sys.exit(pytest.main(["-q", "-p", "no:cacheprovider", "-p", "no:xdist", "-p", "no:cov", *sys.argv[2:]]))
"""


def add(product: Path) -> None:
    for name, room in FILES.items():
        assert not (product / room / name).exists()
        shutil.copy(HERE / name, product / room / name)
    for name, (before, after, imported) in LINES.items():
        file, future = product / name, "from __future__ import annotations\n"
        text = file.read_text()
        assert text.count(before) == 1
        text = text.replace(before, after)
        file.write_text(text.replace(future, f"{future}{imported}\n") if future in text else f"{imported}\n{text}")


def test_factor_and_way_in_are_a_file_and_a_line_each(tmp_path: Path) -> None:
    product = tmp_path / "chalicelib"
    shutil.copytree(ROOT / "chalicelib", product, ignore=shutil.ignore_patterns("__pycache__"))
    add(product)

    done = subprocess.run(
        [sys.executable, "-c", WITH_COPY, str(tmp_path), *WALKED],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )

    assert done.returncode == 0, done.stdout[-10_000:] + done.stderr
