"""A code is what a person types or pastes, wherever codes are typed."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.support.api import Answer, assert_refused
from tests.support.inputs import full_width
from tests.support.person import Person
from tests.support.tables import Tables, custom_code, switch_project

Redeem = Callable[[str], Answer]


def challenge(factor: str) -> Callable[[Person, Tables], tuple[str, Redeem]]:
    def ready(person: Person, tables: Tables) -> tuple[str, Redeem]:
        switch_project(tables, person.clock, factors={"custom": True})
        enrol: dict[str, Callable[[], None]] = {
            "email": person.verify_email,
            "phone": person.verify_phone,
            "totp": person.enrol_authenticator,
            "recoveryCode": person.create_recovery_codes,
        }
        enrol.get(factor, lambda: None)()
        person.clock.advance(minutes=1)
        begun = person.challenge(factor)
        code = custom_code(tables, begun) if factor == "custom" else person.right_answer(factor)
        return code, lambda typed: person.answer(begun, typed)

    return ready


def enrolment(person: Person, tables: Tables) -> tuple[str, Redeem]:
    person.begin_authenticator()
    return person.totp_code(), lambda typed: person.put("/account/mfa/authenticators/totp", {"otp": typed})


def verification(person: Person, tables: Tables) -> tuple[str, Redeem]:
    person.set_phone()
    assert person.post("/account/verifications/phone").status == 201
    path = "/account/verifications/phone"
    return person.texted_code(), lambda typed: person.put(path, {"userId": person.id, "secret": typed})


def sign_in(method: str, path: str) -> Callable[[Person, Tables], tuple[str, Redeem]]:
    def ready(person: Person, tables: Tables) -> tuple[str, Redeem]:
        person.phone = "+4915112345678"
        asked = person.api.post("/account/tokens/phone", {"userId": "somebody", "phone": person.phone})
        user_id = asked.json["userId"]
        return person.texted_code(), lambda typed: person.api.call(method, path, {"userId": user_id, "secret": typed})

    return ready


PLACES: dict[str, Callable[[Person, Tables], tuple[str, Redeem]]] = {
    **{f"challenge by {factor}": challenge(factor) for factor in ("email", "phone", "totp", "custom")},
    "authenticator": enrolment,
    "number": verification,
    "sign-in": sign_in("POST", "/account/sessions/token"),
    "sign-in, older name": sign_in("PUT", "/account/sessions/phone"),
}
SPELLED: dict[str, Callable[[str], str]] = {
    "line end": lambda code: f"{code}\n",
    "Windows line end and tab": lambda code: f"\t{code}\r\n",
    "blank": lambda code: f"{code[:3]} {code[3:]}",
    "no-break space": lambda code: f"{code[:3]}\u00a0{code[3:]}",
    "thin space": lambda code: f"\u2009{code[:3]}\u2009{code[3:]}",
    "blank between all": " ".join,
    "hyphen": lambda code: f"{code[:3]}-{code[3:]}",
    "en dash between blanks": lambda code: f"{code[:3]} \u2013 {code[3:]}",
    "minus": lambda code: f"{code[:3]}\u2212{code[3:]}",
}
REFUSED: dict[str, Callable[[str], str]] = {
    "full width": full_width,
    "Arabic digits": lambda code: "".join(chr(0x660 + int(digit)) for digit in code),
    "two dashes": lambda code: f"{code[:2]}-{code[2:4]}-{code[4:]}",
    "underscore": lambda code: f"{code[:3]}_{code[3:]}",
    "another digit": lambda code: f"{code}0",
}


@pytest.mark.parametrize("spelled", SPELLED)
@pytest.mark.parametrize("place", PLACES)
def test_code_is_taken_as_it_is_typed(person: Person, tables: Tables, place: str, spelled: str) -> None:
    code, redeem = PLACES[place](person, tables)

    assert redeem(SPELLED[spelled](code)).status in (200, 201)

    assert redeem(code).status in (401, 409)  # in no spelling twice


@pytest.mark.parametrize("spelled", REFUSED)
@pytest.mark.parametrize("place", PLACES)
def test_code_that_is_another_is_refused_and_the_right_one_still_good(
    person: Person, tables: Tables, place: str, spelled: str
) -> None:
    code, redeem = PLACES[place](person, tables)

    assert_refused(redeem(REFUSED[spelled](code)), 401, "user_invalid_token")

    assert redeem(code).status in (200, 201)


GROUPS: dict[str, Callable[[list[str]], str]] = {
    "blanks": " ".join,
    "no hyphens": "".join,
    "line ends": "\r\n".join,
    "tabs": "\t".join,
    "no-break spaces": "\u00a0".join,
    "thin spaces and line end": lambda groups: "\u2009".join(groups) + "\n",
    "en dashes": "\u2013".join,
    "em dashes": "\u2014".join,
    "bars": "\u2015".join,
    "no-break hyphens": "\u2011".join,
    "minus": " \u2212 ".join,
    "capitals": lambda groups: "-".join(groups).upper(),
}


@pytest.mark.parametrize("spelled", GROUPS)
def test_recovery_code_is_taken_as_it_is_typed_once(person: Person, tables: Tables, spelled: str) -> None:
    code, redeem = challenge("recoveryCode")(person, tables)

    assert redeem(GROUPS[spelled](code.split("-"))).status == 200

    again = person.answer(person.challenge("recoveryCode"), code)
    assert_refused(again, 401, "user_invalid_token")


@pytest.mark.parametrize("spelled", [full_width, lambda code: code.replace("-", "_"), lambda code: f"{code}\u200b"])
def test_recovery_code_in_other_letters_is_wrong(person: Person, tables: Tables, spelled: Callable[[str], str]) -> None:
    code, redeem = challenge("recoveryCode")(person, tables)
    typed = spelled("".join(code)) if spelled is not full_width else "".join(chr(ord(each) + 0xFEE0) for each in code)

    assert_refused(redeem(typed), 401, "user_invalid_token")
    assert redeem(code).status == 200
