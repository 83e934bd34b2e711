"""Hashes that other systems made, as they were published, with the texts that they are of."""

from __future__ import annotations

from typing import Any, NamedTuple


class Published(NamedTuple):
    """A hash, the parameters besides it at `POST /users/{place}`, and the text; `options` as they are kept."""

    source: str
    place: str
    encoded: str
    text: str
    parameters: dict[str, Any]
    scheme: dict[str, Any]


def of(source: str, kind: str, encoded: str, text: str) -> Published:
    """One of a kind without options."""
    return Published(source, kind, encoded, text, {}, {"hash": kind})


def sha(source: str, version: str, encoded: str, text: str) -> Published:
    return Published(source, "sha", encoded, text, {"passwordVersion": version}, {"hash": "sha", "version": version})


def scrypt(source: str, encoded: str, text: str, salt: str, n: int, r: int, p: int) -> Published:
    costs = {"passwordCpu": n, "passwordMemory": r, "passwordParallel": p, "passwordLength": 64}
    kept = {"costCpu": n, "costMemory": r, "costParallel": p, "length": 64}
    return Published(
        source, "scrypt", encoded, text, {"passwordSalt": salt, **costs}, {"hash": "scrypt", "salt": salt, **kept}
    )


def firebase(source: str, encoded: str, text: str, salt: str, separator: str, key: str) -> Published:
    given = {"passwordSalt": salt, "passwordSaltSeparator": separator, "passwordSignerKey": key}
    kept = {"hash": "scryptMod", "salt": salt, "saltSeparator": separator, "signerKey": key}
    return Published(source, "scrypt-modified", encoded, text, given, kept)


HASHCAT = "hashcat.net/wiki/doku.php?id=example_hashes"
FIPS = "NIST, Cryptographic Standards and Guidelines, examples with intermediate values"
OPENWALL = "crypt_blowfish 1.3, wrapper.c"
PHPASS = "phpass 0.5, test.php"
PHC = "P-H-C/phc-winner-argon2, src/test.c"
ARGON2_CFFI = "argon2-cffi, docs/api.rst"
RFC_7914 = "RFC 7914, section 12"
FIREBASE = "firebase/scrypt, README.md"

LONG = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789chars after 72 are ignored"

PUBLISHED = [
    of(HASHCAT, "md5", "8743b52063cd84097a65d1633f5c74f5", "hashcat"),
    sha(HASHCAT, "sha1", "b89eaac7e61417341b710b727768294d0e6a277b", "hashcat"),
    sha(HASHCAT, "sha224", "e4fa1555ad877bf0ec455483371867200eee89550a93eff2f95a6198", "hashcat"),
    sha(HASHCAT, "sha256", "127e6fbfe24a750e72930c220a8e138275656b8e5d8f48a98c3c92df2caba935", "hashcat"),
    sha(
        HASHCAT,
        "sha384",
        ("07371af1ca1fca7c6941d2399f3610f1e392c56c6d73fddffe38f18c430a2817028dae1ef09ac683b62148a2c8757f42"),
        "hashcat",
    ),
    sha(
        HASHCAT,
        "sha512",
        (
            "82a9dda829eb7f8ffe9fbe49e45d47d2dad9664fbb7adf72492e3c81ebd3e29134d9bc12212bf83c6840f10e"
            "8246b9db54a4859b7ccd0123d86e5872c1e5082f"
        ),
        "hashcat",
    ),
    sha(HASHCAT, "sha3-224", "412ef78534ba6ab0e9b1607d3e9767a25c1ea9d5e83176b4c2817a6c", "hashcat"),
    sha(HASHCAT, "sha3-256", "d60fcf6585da4e17224f58858970f0ed5ab042c3916b76b0b828e62eaf636cbd", "hashcat"),
    sha(
        HASHCAT,
        "sha3-384",
        ("983ba28532cc6320d04f20fa485bcedb38bddb666eca5f1e5aa279ff1c6244fe5f83cf4bbf05b95ff378dd2353617221"),
        "hashcat",
    ),
    sha(FIPS, "sha512/224", "4634270F707B6A54DAAE7530460842E20E37ED265CEEE9A43E8924AA", "abc"),
    sha(FIPS, "sha512/256", "53048E2681941EF99B2E29B76B4C7DABE4C2D0C634FC6D46E0E2F13107E7AF23", "abc"),
    sha(
        FIPS,
        "sha3-512",
        (
            "b751850b1a57168a5693cd924b6b096e08f621827444f70d884f5d0240d2712e10e116e9192af3c91a7ec576"
            "47e3934057340b4cf408d5a56592f8274eec53f0"
        ),
        "abc",
    ),
    of(PHPASS, "phpass", "$P$9IQRaTwmfeRo7ud9Fh4E2PdI0S3r.L0", "test12345"),
    of(HASHCAT, "phpass", "$H$984478476IagS59wHZvyQMArzfx58u.", "hashcat"),
    of(HASHCAT, "bcrypt", "$2a$05$LhayLxezLhK1LhWvKxCyLOj0j1u.Kj0jZ0pEmm134uzrQlFvQJLF6", "hashcat"),
    of(OPENWALL, "bcrypt", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", "U*U"),
    of(OPENWALL, "bcrypt", "$2y$05$CCCCCCCCCCCCCCCCCCCCC.7uG0VCzI2bS7j6ymqJi9CdcdxiRTWNy", ""),
    of(OPENWALL, "bcrypt", "$2a$05$abcdefghijklmnopqrstuu5s2v8.iXieOjg/.AySBTTZIIVFJeBui", LONG),
    of(OPENWALL, "bcrypt", "$2b$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK", "U*U*"),
    of(
        PHC,
        "argon2",
        "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
        "password",
    ),
    of(
        PHC,
        "argon2",
        "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
        "password",
    ),
    of(
        PHC, "argon2", "$argon2i$v=19$m=256,t=2,p=1$c29tZXNhbHQ$iekCn0Y3spW+sCcFanM2xBT63UP2sghkUoHLIUpWRS8", "password"
    ),
    of(PHC, "argon2", "$argon2i$m=65536,t=2,p=1$c29tZXNhbHQ$9sTbSlTio3Biev89thdrlKKiCaYsjjYVJxGAL3swxpQ", "password"),
    of(
        ARGON2_CFFI,
        "argon2",
        (
            "$argon2d$v=19$m=8,t=1,p=1$c29tZXNhbHQ$ba2qC75j0+JAunZZ/L0hZdQgCv+tOieBuKKXSrQiWm7nlkRcK+"
            "YqWr0i0m0WABJKelU8qHJp0SZzH0b1Z+ITvQ"
        ),
        "secret",
    ),
    scrypt(
        RFC_7914,
        (
            "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2d5432955613f0fcf62d49705"
            "242a9af9e61e85dc0d651e40dfcf017b45575887"
        ),
        "pleaseletmein",
        "SodiumChloride",
        16384,
        8,
        1,
    ),
    scrypt(
        RFC_7914,
        (
            "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b3731622eaf30d92e22a3886ff10927"
            "9d9830dac727afb94a83ee6d8360cbdfa2cc0640"
        ),
        "password",
        "NaCl",
        1024,
        8,
        16,
    ),
    firebase(
        FIREBASE,
        "lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ==",
        "user1password",
        "42xEC+ixf3L2lw==",
        "Bw==",
        "jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==",
    ),
]
