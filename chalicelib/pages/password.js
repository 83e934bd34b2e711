// A new password, by the one until now.

import { patch } from "./api.js";
import { button, form, newPasswordField, passwordField } from "./dom.js";
import { proven } from "./factors.js";
import { show } from "./page.js";
import { say } from "./words.js";

// `first`: the account has none yet. Without `cancel` there is no way past it.
export function choosePassword({ done, cancel, first = false }) {
  const before = passwordField("current-password", { label: say("old_password.before"), name: "oldPassword", autofocus: true });
  before.name = "oldPassword";
  const after = newPasswordField({ autofocus: first });
  const act = (values) => proven(async () => {
    await patch("account/password", values);
    await done();
  });
  show(
    say("old_password.title"),
    form({ fields: first ? [after] : [before, after], submit: say(first ? "old_password.set" : "old_password.submit"), topic: "password", act }),
    cancel && button(say("factor.cancel"), cancel, { class: "quiet" }),
  );
}
