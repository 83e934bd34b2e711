// Back to the app, or to the settings where no app has sent the visitor.

import { get, post } from "./api.js";
import { secondFactor } from "./factors.js";
import { address, given, known } from "./page.js";
import { choosePassword } from "./password.js";

// The session may lack a factor, or have come by a password that is too old: ask for what is missing, then go.
export async function goOn() {
  try {
    await get("account");
  } catch (problem) {
    if (problem.type === "user_more_factors_required") return secondFactor({ done: goOn });
    if (problem.type === "user_password_reset_required") return choosePassword({ done: goOn });
    throw problem;
  }
  return leave();
}

// Without an entry in the history: the way back from the app would lead here, and on to the app again.
async function leave() {
  if (!known.back || (given.to === "settings" && known.name !== "settings")) {
    location.replace(address("settings"));
    return;
  }
  if (!given.challenge) {
    location.replace(known.back);
    return;
  }
  const { challenge, state } = given;
  const { url } = await post("account/handovers", { url: known.back, challenge, ...(state ? { state } : {}) });
  location.replace(url);
}
