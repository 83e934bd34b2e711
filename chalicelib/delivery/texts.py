"""What we say to people, per language.

Names are other people's text: they are filled in once, never read as a template and never as HTML.
"""

import re
import unicodedata
from dataclasses import dataclass
from string import Template

from chalicelib.delivery import message
from chalicelib.delivery.message import Message, one_line

# What a mail program makes a link of, or a reader takes for a code: an address, a path, a domain, a number.
_TELLING = re.compile(r"[/\\@]|[.\u3002]\w\w|\d(\W?\d){3}")
_LONGEST_GREETING = 64


@dataclass(frozen=True)
class Words:
    hello: str
    hello_name: str
    verification_subject: str
    verification: str
    verification_button: str
    recovery_subject: str
    recovery: str
    recovery_button: str
    link_hint: str
    verification_note: str
    challenge_subject: str
    challenge: str
    challenge_note: str
    sms: str


_ENGLISH = Words(
    hello="Hello,",
    hello_name="Hello $name,",
    verification_subject="Account Verification for $project",
    verification="Verify your email to activate your $project account.",
    verification_button="Verify email",
    recovery_subject="Password Reset for $project",
    recovery="Reset your $project password using the link.",
    recovery_button="Reset password",
    link_hint="If the button does not work, open this address in your browser:",
    verification_note="If you did not ask for this email, you can ignore it.",
    challenge_subject="Verification Code for $project",
    challenge="Use code $code for two-step verification in $project. Expires in $minutes minutes.",
    challenge_note="If this was not you, someone may know your password: change it. Never share this code.",
    sms="$code is your verification code. Expires in $minutes minutes. Do not share it with anyone.",
)
_GERMAN = Words(
    hello="Guten Tag,",
    hello_name="Guten Tag $name,",
    verification_subject="Kontobestätigung für $project",
    verification="Bestätigen Sie Ihre E-Mail-Adresse, um Ihr Konto bei $project zu aktivieren.",
    verification_button="E-Mail-Adresse bestätigen",
    recovery_subject="Passwort zurücksetzen für $project",
    recovery="Setzen Sie Ihr Passwort bei $project über den Link zurück.",
    recovery_button="Passwort zurücksetzen",
    link_hint="Falls die Schaltfläche nicht funktioniert, öffnen Sie diese Adresse in Ihrem Browser:",
    verification_note="Wenn Sie diese E-Mail nicht angefordert haben, können Sie sie ignorieren.",
    challenge_subject="Bestätigungscode für $project",
    challenge="Verwenden Sie den Code $code für die Bestätigung in zwei Schritten bei $project. "
    "Er ist $minutes Minuten gültig.",
    challenge_note="Wenn Sie das nicht waren, kennt möglicherweise jemand Ihr Passwort: Ändern Sie es. "
    "Geben Sie diesen Code niemals weiter.",
    sms="$code ist Ihr Bestätigungscode. Er ist $minutes Minuten gültig. Geben Sie ihn niemals weiter.",
)
_FRENCH = Words(
    hello="Bonjour,",
    hello_name="Bonjour $name,",
    verification_subject="Vérification de votre compte $project",
    verification="Confirmez votre adresse e-mail pour activer votre compte $project.",
    verification_button="Confirmer l'adresse e-mail",
    recovery_subject="Réinitialisation du mot de passe pour $project",
    recovery="Réinitialisez votre mot de passe $project à l'aide du lien.",
    recovery_button="Réinitialiser le mot de passe",
    link_hint="Si le bouton ne fonctionne pas, ouvrez cette adresse dans votre navigateur :",
    verification_note="Si vous n'avez pas demandé cet e-mail, vous pouvez l'ignorer.",
    challenge_subject="Code de vérification pour $project",
    challenge="Utilisez le code $code pour la validation en deux étapes sur $project. Il expire dans $minutes minutes.",
    challenge_note="Si ce n'était pas vous, quelqu'un connaît peut-être votre mot de passe : changez-le. "
    "Ne communiquez jamais ce code.",
    sms="$code est votre code de vérification. Il expire dans $minutes minutes. Ne le donnez à personne.",
)
_SPANISH = Words(
    hello="Hola:",
    hello_name="Hola, $name:",
    verification_subject="Verificación de su cuenta de $project",
    verification="Verifique su correo electrónico para activar su cuenta de $project.",
    verification_button="Verificar correo electrónico",
    recovery_subject="Restablecer la contraseña de $project",
    recovery="Restablezca su contraseña de $project mediante el enlace.",
    recovery_button="Restablecer contraseña",
    link_hint="Si el botón no funciona, abra esta dirección en su navegador:",
    verification_note="Si no ha solicitado este correo, puede ignorarlo.",
    challenge_subject="Código de verificación para $project",
    challenge="Use el código $code para la verificación en dos pasos en $project. Caduca en $minutes minutos.",
    challenge_note="Si no ha sido usted, es posible que alguien conozca su contraseña: cámbiela. "
    "No comparta nunca este código.",
    # "código" has a letter outside GSM-7, which would cost a second segment.
    sms="$code es su clave de un solo uso. Caduca en $minutes minutos. No la comparta con nadie.",
)
_LANGUAGES = {"en": _ENGLISH, "de": _GERMAN, "fr": _FRENCH, "es": _SPANISH}


def verification(locale: str, project: str, name: str, link: str) -> Message:
    """Asks the owner of a mailbox to open `link`. `locale`: `de`, `de-CH`; an unknown one is English."""
    language, words = _language(locale)
    texts = (words.verification_subject, words.verification, words.verification_button)
    return _link_mail(language, words, project, name, link, texts)


def recovery(locale: str, project: str, name: str, link: str) -> Message:
    """Lets the owner of a mailbox set a new password behind `link`."""
    language, words = _language(locale)
    texts = (words.recovery_subject, words.recovery, words.recovery_button)
    return _link_mail(language, words, project, name, link, texts)


def _link_mail(language: str, words: Words, project: str, name: str, link: str, texts: tuple[str, str, str]) -> Message:
    project = one_line(project)
    subject, line, button = texts
    return message.compose(
        language,
        project,
        _fill(subject, project=project),
        [
            message.paragraph(_greeting(words, name)),
            message.paragraph(_fill(line, project=project)),
            message.link(button, words.link_hint, link),
            message.note(words.verification_note),
        ],
    )


def challenge(locale: str, project: str, code: str, minutes: int) -> Message:
    """The mail with the code of an MFA challenge, which lives `minutes`."""
    language, words = _language(locale)
    project = one_line(project)
    return message.compose(
        language,
        project,
        _fill(words.challenge_subject, project=project),
        [
            message.paragraph(_fill(words.challenge, code=code, project=project, minutes=minutes)),
            message.code(code),
            message.note(words.challenge_note),
        ],
    )


def sms(locale: str, code: str, minutes: int) -> str:
    """The SMS with a code: starts with the code, fits one GSM-7 segment, and all of its text is ours."""
    return _fill(_language(locale)[1].sms, code=code, minutes=minutes)


def _language(locale: str) -> tuple[str, Words]:
    base = locale.lower().replace("_", "-").split("-")[0]
    language = base if base in _LANGUAGES else "en"
    return language, _LANGUAGES[language]


def _greeting(words: Words, name: str) -> str:
    """Anybody can sign up with anybody's address: a name that takes a link or a number there is left out."""
    name = one_line(name)
    if not name or len(name) > _LONGEST_GREETING or _TELLING.search(unicodedata.normalize("NFKC", name)):
        return words.hello
    return _fill(words.hello_name, name=name)


def _fill(template: str, **values: object) -> str:
    return Template(template).substitute(values)
