"""All ways to sign in, in the order in which the API's schemas name them."""

from __future__ import annotations

from chalicelib.factors import ways
from chalicelib.factors.ways import Way
from chalicelib.sign_in.anonymous import Anonymously
from chalicelib.sign_in.custom_token import ByCustomToken
from chalicelib.sign_in.email_code import ByEmailCode
from chalicelib.sign_in.magic_url import ByMagicUrl
from chalicelib.sign_in.passkey import ByPasskey
from chalicelib.sign_in.password import ByPassword
from chalicelib.sign_in.phone_code import ByPhoneCode
from chalicelib.sign_in.server import ByServer

WAYS: tuple[Way, ...] = (
    *(ByPassword(), ByPhoneCode(), ByEmailCode(), ByMagicUrl(), ByCustomToken()),
    *(ByPasskey(), Anonymously(), ByServer()),
)
ways.serve(WAYS)
