// Prove a mailbox: by the link of a mail, which leads here, or by a code.

import { post, put } from "./api.js";
import { typeCode } from "./codes.js";
import { button, form, link, paragraph } from "./dom.js";
import { address, given, known, show } from "./page.js";
import { say } from "./words.js";

export function verify() {
  if (!given.secret) {
    show(say("verify.title"), paragraph(say("verify.nothing"), { class: "lead" }), onward());
    return;
  }
  // Programs that look through mails open links, too: a person presses the button.
  const act = async () => {
    await put("account/verifications/email", { userId: given.userId, secret: given.secret });
    given.secret = null;
    verified();
  };
  show(
    say("verify.title"),
    paragraph(say("verify.lead", { brand: known.brand }), { class: "lead" }),
    form({ submit: say("verify.submit"), topic: "link", act }),
    paragraph(link(say("settings.title"), address("settings"))), // where another mail can be had
  );
}

function verified() {
  show(say("verify.done"), paragraph(say("verify.done.lead"), { class: "lead" }), onward());
}

const onward = () => paragraph(link(say("verify.onward"), address("sign-in"), { class: "primary" }));

// A code by mail, right after an account was made or from the settings. `later` is the way past it.
export async function confirmEmail({ email, done, later }) {
  const { userId, phrase } = await post("account/verifications/email/otp", { phrase: true });
  typeCode({
    title: say("verify.code.title"),
    lead: say("code.sent", { email }),
    phrase,
    submit: say("verify.submit"),
    act: async ({ code }) => {
      await put("account/verifications/email/otp", { userId, secret: code });
      await done();
    },
    resend: () => confirmEmail({ email, done, later }),
    more: [later && button(say("verify.later"), () => later(), { class: "quiet" })],
  });
}
