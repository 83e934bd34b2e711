"""Recovery codes: the way in when everything else is lost (SP 800-63B-4 3.1.2.2, look-up secrets)."""

from __future__ import annotations

from functools import partial

from chalicelib.audit.acts import Kind
from chalicelib.errors import fail
from chalicelib.factors.factor import Factor, Proof, Refusal, Switch
from chalicelib.models import Challenge, ForeignCodes, User
from chalicelib.security import codes, hashing, imported
from chalicelib.storage import keys, recovery_codes
from chalicelib.storage.items import Item


class RecoveryCode(Factor):
    name = "recoveryCode"
    switch = Switch.NONE
    lasts = False
    passing = Kind.RECOVERY_CODE_USED
    spent = "recovery code already used, or replaced"

    def enrolled(self, user: User) -> bool:
        return bool(user.recovery_codes)

    def evidence(self, user_id: str, otp: str) -> keys.Key | None:
        code = codes.canonical_recovery_code(otp)
        return keys.recovery_code(user_id, code[: codes.SELECTOR_LENGTH]) if code else None

    def check(self, otp: str, user: User, challenge: Challenge, evidence: Item | None) -> Proof | Refusal:
        foreign = recovery_codes.foreign(user)
        return self._check_foreign(otp, user, foreign) if foreign else self._check_ours(otp, user, evidence)

    def _check_foreign(self, otp: str, user: User, brought: ForeignCodes) -> Proof | Refusal:
        """By all hashes of another system, whose codes have nothing by which one is found; their cost is bounded."""
        selector = imported.matching(brought.hashes, brought.scheme, otp.strip())
        if selector is None:
            return Refusal.WRONG
        if selector not in user.recovery_codes:
            return Refusal.SPENT
        return Proof(
            spend=partial(recovery_codes.spend_selector, selector=selector),
            writes=(recovery_codes.spend_foreign(brought, selector, fail("user_invalid_token", reason=self.spent)),),
        )

    def _check_ours(self, otp: str, user: User, evidence: Item | None) -> Proof | Refusal:
        """One Argon2 evaluation for whatever looks like a code, known selector or not."""
        typed = codes.canonical_recovery_code(otp)
        if typed is None:
            return Refusal.WRONG
        code = recovery_codes.recovery_code_of(evidence)
        if not hashing.matches(code.hash if code else "", typed) or code is None:
            return Refusal.WRONG
        if code.spent or code.selector not in user.recovery_codes:
            return Refusal.SPENT
        return Proof(
            spend=partial(recovery_codes.spend_selector, selector=code.selector),
            writes=(recovery_codes.spend(code, fail("user_invalid_token", reason=self.spent)),),
        )
