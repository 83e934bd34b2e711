// Back to the app, or to the settings where no app has sent the visitor.

import { get, patch, post } from "./api.js";
import { form, newPasswordField, passwordField } from "./dom.js";
import { proven, secondFactor } from "./factors.js";
import { address, given, known, show } from "./page.js";
import { say } from "./words.js";

// The session may lack a factor, or have come by a password that is too old: ask for what is missing, then go.
export async function goOn() {
  try {
    await get("account");
  } catch (problem) {
    if (problem.type === "user_more_factors_required") return secondFactor({ done: goOn });
    if (problem.type === "user_password_reset_required") return replaceOldPassword();
    throw problem;
  }
  return leave();
}

async function leave() {
  if (!known.back) {
    location.assign(address("settings"));
    return;
  }
  if (!given.challenge) {
    location.assign(known.back);
    return;
  }
  const { challenge, state } = given;
  const { url } = await post("account/handovers", { url: known.back, challenge, ...(state ? { state } : {}) });
  location.assign(url);
}

function replaceOldPassword() {
  const before = passwordField("current-password", { label: say("old_password.before"), autofocus: true });
  before.name = "oldPassword";
  const act = (values) => proven(async () => {
    await patch("account/password", values);
    await goOn();
  }, replaceOldPassword);
  show(
    say("old_password.title"),
    form({ fields: [before, newPasswordField()], submit: say("old_password.submit"), topic: "password", act }),
  );
}
