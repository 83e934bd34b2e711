// Make an account, and prove its mailbox.

import { post } from "./api.js";
import { confirmEmail } from "./verify.js";
import { emailField, field, form, link, newPasswordField, paragraph } from "./dom.js";
import { goOn, unlessSignedIn } from "./leave.js";
import { address, known, show } from "./page.js";
import { say } from "./words.js";

// An account more would be made for nobody to be signed in to, where somebody is.
export const signUp = () => unlessSignedIn(start);

function start() {
  if (!known.ways.password) {
    show(say("sign_up.title"), paragraph(say("sign_up.closed"), { class: "lead" }), paragraph(link(say("sign_up.account"), address("sign-in"))));
    return;
  }
  const name = field("name", { label: say("field.name"), hint: say("field.optional"), type: "text", autocomplete: "name", maxlength: 128, required: false });
  const act = async ({ name: given, email, password }) => {
    await post("account", { userId: "unique()", email, password, ...(given.trim() ? { name: given } : {}) });
    await post("account/sessions/email", { email, password });
    await confirmEmail({ email, done: goOn, later: goOn }).catch(goOn); // it can be done later
  };
  show(
    say("sign_up.title"),
    form({
      fields: [name, emailField("", { autofocus: true }), newPasswordField({ label: say("field.password") })],
      submit: say("sign_up.submit"),
      act,
    }),
    paragraph(link(say("sign_up.account"), address("sign-in"))),
  );
}
