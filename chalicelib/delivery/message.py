"""What a mail is made of. A part is text and HTML at once, so neither lacks what the other says."""

import re
from collections.abc import Sequence
from string import Template
from typing import NamedTuple

# Control characters, line and paragraph separators, marks that reorder the text around them, lone surrogates.
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]+")

# No colour may look like a six-digit code, nothing is fetched from elsewhere, tables are for Outlook.
_PAGE = Template("""\
<!doctype html>
<html lang="$language">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<title>$subject</title>
<style>
@media (prefers-color-scheme: dark) {
  .page { background: #0f1115 !important; color: #e6e8ec !important; }
  .card { background: #1a1d24 !important; border-color: #2e323c !important; }
  .code { background: #262a33 !important; color: #fff !important; }
  .quiet { color: #a8aeba !important; }
  .plain { color: #9dbcff !important; }
}
</style>
</head>
<body class="page" style="margin:0;padding:0;background:#f3f4f7;color:#1c1f26">
<table role="presentation" class="page" width="100%" cellspacing="0" cellpadding="0" \
style="background:#f3f4f7;color:#1c1f26">
<tr><td align="center" style="padding:24px 12px">
<table role="presentation" class="card" width="480" cellspacing="0" cellpadding="0" \
style="width:100%;max-width:480px;background:#fff;border:1px solid #e1e4ea;border-radius:12px">
<tr><td style="padding:28px 24px 12px;overflow-wrap:anywhere;\
font:16px/1.5 -apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif">
<h1 style="margin:0 0 20px;font-size:20px;line-height:1.3">$brand</h1>
$body
</td></tr>
</table>
</td></tr>
</table>
</body>
</html>
""")
_PARAGRAPH = Template('<p style="margin:0 0 20px">$text</p>')
_NOTE = Template('<p class="quiet" style="margin:0 0 16px;font-size:14px;color:#5a6170">$text</p>')
_CODE = Template("""\
<p class="code" style="margin:0 0 20px;padding:16px 8px 16px 14px;border-radius:8px;background:#eef0f5;\
color:#1c1f26;text-align:center;font-size:32px;line-height:1.2;font-weight:bold;\
letter-spacing:6px;white-space:nowrap">$code</p>""")
_LINK = Template("""\
<p style="margin:0 0 24px"><a href="$url" style="display:inline-block;padding:12px 22px;border-radius:8px;\
background:#2b59d9;color:#fff;font-weight:bold;text-decoration:none">$label</a></p>
<p class="quiet" style="margin:0 0 16px;font-size:14px;color:#5a6170">$hint<br>
<a class="plain" href="$url" style="color:#2b59d9;word-break:break-all">$url</a></p>""")


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


def lines(texts: Sequence[str]) -> Part:
    """Lines that belong together."""
    return Part("\n".join(texts), _PARAGRAPH.substitute(text="<br>\n".join(map(_escape, texts))))


def code(digits: str) -> Part:
    return Part(digits, _CODE.substitute(code=_escape(digits)))


def link(label: str, hint: str, url: str) -> Part:
    """A button, and below it the bare address for a reader whose mail program shows no button."""
    return Part(url, _LINK.substitute(label=_escape(label), hint=_escape(hint), url=_escape(url)))


def compose(language: str, brand: str, subject: str, parts: Sequence[Part]) -> Message:
    body = "\n".join(part.html for part in parts)
    page = _PAGE.substitute(language=language, brand=_escape(brand), subject=_escape(subject), body=body)
    return Message(subject, "\n\n".join(part.text for part in parts) + "\n", page)
