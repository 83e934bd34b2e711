// Back to the app, or to the settings where no app has sent the visitor.

import { get, patch, post } from "./api.js";
import { form, passwordField } from "./dom.js";
import { secondFactor } from "./factors.js";
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
  const { url } = await post("account/sessions/current/handover", { url: known.back, challenge: given.challenge });
  location.assign(url);
}

function replaceOldPassword() {
  const before = passwordField("current-password", { label: say("old_password.before"), autofocus: true });
  before.name = "oldPassword";
  const act = async (values) => {
    try {
      await patch("account/password", values);
    } catch (problem) {
      if (!["user_more_factors_required", "user_challenge_required"].includes(problem.type)) throw problem;
      return secondFactor({ done: replaceOldPassword });
    }
    return goOn();
  };
  show(
    say("old_password.title"),
    form({ fields: [before, passwordField("new-password")], submit: say("old_password.submit"), topic: "password", act }),
  );
}
