// An authenticator app: its key as a picture and as text, and its first code.

import { picture, post, put, remove } from "./api.js";
import { button, codeField, form, h, link, paragraph } from "./dom.js";
import { proven } from "./factors.js";
import { added, beforeAdding, beforeRemoving } from "./mfa.js";
import { show } from "./page.js";
import { copying, press, row, section, step } from "./parts.js";
import { say } from "./words.js";

export function authenticator(at) {
  const there = at.factors.totp;
  return section(
    at,
    "authenticator",
    say("factor.totp.name"),
    row(
      paragraph(say(there ? "authenticator.there" : "authenticator.none")),
      there ? press(say("authenticator.remove"), () => removal(at)) : press(say("authenticator.add"), () => enrol(at)),
    ),
  );
}

const enrol = (at) => proven(async () => {
  const { secret, uri } = await post("account/mfa/authenticators/totp");
  const query = new URLSearchParams({ text: uri, size: 480, margin: 4 });
  scan(at, secret, uri, await picture(`avatars/qr?${query}`));
});

function scan(at, secret, uri, source) {
  const act = ({ code }) => proven(async () => {
    await put("account/mfa/authenticators/totp", { otp: code });
    await at.home("authenticator", added(at, say("authenticator.done")));
  });
  const loaded = () => URL.revokeObjectURL(source);
  show(
    say("authenticator.title"),
    beforeAdding(at),
    paragraph(say("authenticator.scan"), { class: "lead" }),
    h("img", { class: "qr", src: source, width: 240, height: 240, alt: say("authenticator.qr"), onload: loaded }),
    paragraph(link(say("authenticator.open"), uri), { class: "touch" }),
    paragraph(say("authenticator.type"), { class: "lead" }),
    h("div", { class: "row" }, h("code", { class: "secret" }, secret.match(/.{1,4}/g).join(" ")), copying(say("authenticator.copy"), secret)),
    form({ fields: [codeField({ autofocus: false })], submit: say("factor.submit"), topic: "authenticator", act }),
    press(say("authenticator.again"), () => enrol(at), "quiet"),
    button(say("factor.cancel"), () => at.home("authenticator"), { class: "quiet" }),
  );
}

function removal(at) {
  const act = () => proven(async () => {
    await remove("account/mfa/authenticators/totp");
    await at.home("authenticator", say("authenticator.removed"));
  });
  const asked = { submit: say("authenticator.remove"), act, kind: "danger" };
  step(at, "authenticator", { title: say("authenticator.removal"), lead: say("authenticator.removal.lead"), more: beforeRemoving(at), ...asked });
}
