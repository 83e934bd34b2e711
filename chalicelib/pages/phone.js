// The phone number: set it by the password, and prove it by a code.

import { patch, post, put } from "./api.js";
import { typeCode } from "./codes.js";
import { button, field, h, newPasswordField, paragraph, passwordField, western } from "./dom.js";
import { proven } from "./factors.js";
import { added, beforeAdding } from "./mfa.js";
import { known } from "./page.js";
import { press, row, section, step } from "./parts.js";
import { explain } from "./problems.js";
import { say } from "./words.js";

export function phone(at) {
  const { phone: number, phoneVerification: sure } = at.account;
  if (!known.ways.phone && !number) return null;
  return section(
    at,
    "phone",
    say("phone.title"),
    row(
      number
        ? [paragraph(h("bdi", { dir: "ltr" }, number), { class: "name" }), paragraph(say(sure ? "phone.proven" : "phone.unproven"), { class: sure ? "good" : "hint" })]
        : paragraph(say("phone.none")),
      number && !sure && known.ways.phone && press(say("phone.confirm"), () => confirmPhone(at, number), "", "send"),
      press(say(number ? "phone.change" : "phone.add"), () => setting(at)),
    ),
  );
}

function setting(at) {
  const first = !at.account.passwordUpdate;
  const number = field("phone", {
    label: say("phone.title"),
    hint: say("phone.hint"),
    type: "tel",
    autocomplete: "tel",
    autofocus: true,
    mistake: (value) => (compact(value).startsWith("+") ? "" : say("phone.no_country")),
  });
  const act = (typed) => proven(async () => {
    const chosen = compact(typed.phone);
    await patch("account/phone", { phone: chosen, password: typed.password });
    const set = { ...at, account: { ...at.account, phone: chosen } };
    await confirmPhone(set, chosen).catch((problem) => at.home("phone", explain(problem, "send"), true));
  });
  step(at, "phone", {
    title: say(at.account.phone ? "phone.change" : "phone.add"),
    lead: say(first ? "phone.first_password" : "phone.lead"),
    more: beforeAdding(at),
    fields: [number, first ? newPasswordField() : passwordField("current-password")],
    submit: say("recovery.submit"),
    topic: "password",
    act,
  });
}

// Without what people put between the digits.
const compact = (number) => western(number).replace(/[^+\d]/g, "").replace(/^00/, "+");

async function confirmPhone(at, number) {
  const { userId } = await post("account/verifications/phone");
  typeCode({
    title: say("phone.code.title"),
    lead: say("phone.sent", { phone: number }),
    submit: say("verify.submit"),
    act: async ({ code }) => {
      await put("account/verifications/phone", { userId, secret: code });
      await at.home("phone", added(at, say("phone.done")));
    },
    resend: () => confirmPhone(at, number),
    more: [button(say("verify.later"), () => at.home("phone"), { class: "quiet" })],
  });
}
