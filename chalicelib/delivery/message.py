"""What a mail is made of. A part is text and HTML at once, so neither lacks what the other says."""

import re
from collections.abc import Sequence
from string import Template
from typing import NamedTuple
from urllib.parse import urlsplit

from chalicelib.languages import direction
from chalicelib.runtime import settings

# Control characters, line and paragraph separators, marks that reorder the text around them, lone surrogates.
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]+")

# Nothing is fetched from elsewhere but the brand's logo. Outlook needs tables, and one of a fixed width.
_PAGE = Template("""\
<!doctype html>
<html lang="$language" dir="$direction">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<title>$subject</title>
<style>
:root { color-scheme: light dark; supported-color-schemes: light dark; }
@media (prefers-color-scheme: dark) {
  .page { background: #0f1115 !important; color: #e6e8ec !important; }
  .card { background: #1a1d24 !important; border-color: #2e323c !important; }
  .panel { background: #262a33 !important; color: #fff !important; }
  .quiet { color: #a8aeba !important; }
  .plain { color: $dark !important; }
  .button { background: $dark !important; color: #1a1d24 !important; }
}
</style>
</head>
<body class="page" style="margin:0;padding:0;background:#f3f4f7;color:#1c1f26">
<div style="display:none;max-height:0;overflow:hidden;mso-hide:all">$preview$padding</div>
<table role="presentation" lang="$language" dir="$direction" class="page" width="100%" cellspacing="0" \
cellpadding="0" style="background:#f3f4f7;color:#1c1f26">
<tr><td align="center" style="padding:24px 12px">
<!--[if mso]><table role="presentation" width="520"><tr><td><![endif]-->
<table role="presentation" class="card" width="100%" cellspacing="0" cellpadding="0" \
style="max-width:520px;background:#fff;border:1px solid #e1e4ea;border-radius:12px">
<tr><td style="padding:28px 24px 12px;overflow-wrap:anywhere;\
font:16px/1.5 -apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif">
$brand
<h1 style="margin:0 0 20px;font-size:22px;line-height:1.3">$headline</h1>
$body
</td></tr>
</table>
<!--[if mso]></td></tr></table><![endif]-->
</td></tr>
</table>
</body>
</html>
""")
_PADDING = "&zwnj;&nbsp;" * 80
"""After the preview: else mail programs fill it up with what follows."""
_NAME = Template('<p style="margin:0 0 24px;font-weight:bold">$name</p>')
_LOGO = Template("""\
<p style="margin:0 0 24px"><img src="$url" alt="$name" height="40" style="height:40px;max-width:100%;border:0"></p>""")
_PARAGRAPH = Template('<p style="margin:0 0 20px">$text</p>')
_NOTE = Template('<p class="quiet" style="margin:0 0 16px;font-size:14px;color:#5a6170">$text</p>')
_FACTS = Template("""\
<p class="panel" style="margin:0 0 20px;padding:14px 16px;border-radius:8px;background:#eef0f5;color:#1c1f26;\
font-size:15px">$text</p>""")
_CODE = Template("""\
<p class="panel" dir="ltr" style="margin:0 0 20px;padding:16px 8px 16px 14px;border-radius:8px;background:#eef0f5;\
color:#1c1f26;text-align:center;font-size:32px;line-height:1.2;font-weight:bold;\
letter-spacing:6px;white-space:nowrap">$code</p>""")
_BUTTON = Template("""\
<table role="presentation" cellspacing="0" cellpadding="0" style="margin:0 0 24px"><tr>\
<td class="button" style="border-radius:8px;background:$color;mso-padding-alt:12px 22px">\
<a class="button" href="$url" style="display:inline-block;padding:12px 22px;border-radius:8px;\
background:$color;color:#fff;font-weight:bold;text-decoration:none">$label</a></td></tr></table>""")
_ANCHOR = Template('<a class="plain" dir="ltr" href="$url" style="color:$color">$text</a>')


class Message(NamedTuple):
    """A mail, ready to send: the subject is one line, the text and the HTML say the same."""

    subject: str
    text: str
    html: str


class Part(NamedTuple):
    text: str
    html: str


def one_line(text: str, limit: int = 128) -> str:
    """`text` fit for a line or a header: nothing unprintable, no line break, at most `limit` characters."""
    return _UNPRINTABLE.sub(" ", text).strip()[:limit].rstrip()


def _escape(text: str) -> str:
    import html  # here, since it takes a millisecond of each cold start, and few of them send a mail

    return html.escape(text)


def paragraph(text: str) -> Part:
    return Part(text, _PARAGRAPH.substitute(text=_escape(text)))


def note(text: str) -> Part:
    return Part(text, _NOTE.substitute(text=_escape(text)))


def facts(lines: Sequence[str]) -> Part:
    """Lines that belong together."""
    return Part("\n".join(lines), _FACTS.substitute(text="<br>\n".join(map(_escape, lines))))


def code(digits: str) -> Part:
    return Part(digits, _CODE.substitute(code=_escape(digits)))


def button(label: str, url: str) -> Part:
    color = _rgb(settings.config().brand_color)
    return Part(f"{label}\n{url}", _BUTTON.substitute(label=_escape(label), url=_escape(url), color=color))


def fallback(hint: str, url: str) -> Part:
    """A button's link once more, for a reader whose mail program shows no button. Only the text shows all of it: its
    secret has 256 characters.
    """
    host = urlsplit(url).netloc or url.partition(":")[0]
    return Part("", _NOTE.substitute(text=f"{_escape(hint)}<br>{_anchor(url, host)}"))


def contact(text: str, address: str) -> Part:
    """A note that ends in an address, of a mailbox or a page, which is a link."""
    url = address if "://" in address else f"mailto:{address}"
    before, _, after = _escape(text).rpartition(_escape(address))
    return Part(text, _NOTE.substitute(text=f"{before}{_anchor(url, address)}{after}"))


def compose(language: str, brand: str, subject: str, headline: str, preview: str, parts: Sequence[Part]) -> Message:
    """`preview` is what a list of mails, or a locked screen, shows below the subject."""
    config = settings.config()
    shown = _LOGO if config.brand_logo else _NAME
    page = _PAGE.substitute(
        language=language,
        direction=direction(language),
        brand=shown.substitute(name=_escape(brand), url=_escape(config.brand_logo)),
        subject=_escape(subject),
        headline=_escape(headline),
        preview=_escape(preview),
        padding=_PADDING,
        body="\n".join(part.html for part in parts),
        dark=_rgb(config.brand_color_dark),
    )
    return Message(subject, "\n\n".join(part.text for part in parts if part.text) + "\n", page)


def _anchor(url: str, text: str) -> str:
    return _ANCHOR.substitute(url=_escape(url), text=_escape(text), color=_rgb(settings.config().brand_color))


def _rgb(color: str) -> str:
    """A colour of six digits, `#123456`, would look like a code."""
    return f"rgb({', '.join(str(byte) for byte in bytes.fromhex(color[1:]))})"
