"""What other systems export of their users, made up."""

from __future__ import annotations

import json
from pathlib import Path

FIREBASE = {
    "localId": "Ab12Cd34Ef56",
    "email": "Ada@example.com",
    "emailVerified": True,
    "displayName": "Ada",
    "passwordHash": "lSrfV15cpx95_sZS2W9c9Kp6i_LVgQNDNC_qzrCnh1SAyZvqmZqAjTdn3aoItz-VHjoZilo78198JAdRuid5lQ==",
    "salt": "42xEC-ixf3L2lw==",
    "phoneNumber": "+4915112345678",
}
"""With the example of https://github.com/firebase/scrypt, of which this is the password."""
FIREBASE_PASSWORD = "user1password"
HASHES = """\
hash_config {
  algorithm: SCRYPT,
  base64_signer_key: jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==,
  base64_salt_separator: Bw==,
  rounds: 8,
  mem_cost: 14,
}
"""
COGNITO = """\
cognito:username,name,email,email_verified,phone_number,phone_number_verified,cognito:mfa_enabled
ada,Ada,ada@example.com,TRUE,,FALSE,true
"""
AUTH0 = {"user_id": "auth0|grace", "email": "grace@example.com", "name": "Grace", "email_verified": True}


def write_exports(folder: Path) -> None:
    """One of each, by the names that infra/README.md gives them; the users of no two have an address in common."""
    (folder / "users.json").write_text(json.dumps({"users": [{**FIREBASE, "email": "linda@example.com"}]}))
    (folder / "hash-config.txt").write_text(HASHES)
    (folder / "users.csv").write_text(COGNITO)
    (folder / "users.ndjson").write_text(json.dumps(AUTH0))
