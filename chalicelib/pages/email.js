// The mailbox, and how it is proven.

import { post } from "./api.js";
import { paragraph } from "./dom.js";
import { added, beforeAdding } from "./mfa.js";
import { address, known } from "./page.js";
import { press, row, section } from "./parts.js";
import { say } from "./words.js";
import { confirmEmail } from "./verify.js";

export function email(at) {
  const { email: mailbox, emailVerification: proven } = at.account;
  const done = () => at.home("email", added(at, say("email.done")));
  const byCode = () => confirmEmail({ email: mailbox, done, later: () => at.home("email") });
  const byLink = async () => {
    await post("account/verifications/email", { url: address("verify") });
    await at.home("email", say("email.link.sent", { email: mailbox }));
  };
  return section(
    at,
    "email",
    say("field.email"),
    mailbox
      ? row(
          [paragraph(mailbox, { class: "name" }), paragraph(say(proven ? "email.proven" : "email.unproven"), { class: proven ? "good" : "hint" })],
          !proven && press(say("email.by_code"), byCode, "", "send"),
          !proven && known.links && press(say("email.by_link"), byLink, "", "send"),
        )
      : paragraph(say("email.none")),
    mailbox && !proven && beforeAdding(at),
  );
}
