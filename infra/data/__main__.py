"""`make data`: makes the data files of `chalicelib` anew, each from the packages that its module here pins."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence

from infra.data import common_passwords, mail_domains, world

MAKERS: dict[str, Callable[[], None]] = {
    "common-passwords": common_passwords.main,
    "mail-domains": mail_domains.main,
    "world": world.main,
}


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser("make data", description=__doc__)
    parser.add_argument("--only", choices=MAKERS)
    only = parser.parse_args(arguments).only
    for name in [only] if only else MAKERS:
        MAKERS[name]()


if __name__ == "__main__":
    main(sys.argv[1:])
