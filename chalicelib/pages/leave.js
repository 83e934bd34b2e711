// Back to the app, or to the settings where no app has sent the visitor.

import { get, post } from "./api.js";
import { form, paragraph } from "./dom.js";
import { secondFactor } from "./factors.js";
import { address, given, known, show } from "./page.js";
import { choosePassword } from "./password.js";
import { say } from "./words.js";

// The session may lack a factor, or have come by a password that is too old: ask for what is missing, then go.
export const goOn = () => complete(leave);

// For whoever was signed in before. A link of a stranger would have a code for the session sent to a page of his choice,
// with a verifier that he knows: unless the visitor comes from that app, a person presses the button.
const goOnUnasked = () => complete(!known.back || !given.challenge || cameFrom(known.back) ? leave : ask);

// Whoever is signed in goes on; for others, `start`.
export async function unlessSignedIn(start) {
  if (!known.visited) return start();
  try {
    await goOnUnasked();
  } catch (problem) {
    if (problem.type !== "general_unauthorized_scope") throw problem;
    start();
  }
}

async function complete(then) {
  try {
    await get("account");
  } catch (problem) {
    if (problem.type === "user_more_factors_required") return secondFactor({ done: goOn });
    if (problem.type === "user_password_reset_required") return choosePassword({ done: goOn });
    throw problem;
  }
  return then();
}

const cameFrom = (url) => Boolean(document.referrer) && new URL(document.referrer).origin === new URL(url).origin;

function ask() {
  const place = new URL(known.back).host || known.back;
  show(
    say("leave.title", { place }),
    paragraph(say("leave.lead", { place, brand: known.brand }), { class: "lead" }),
    form({ submit: say("leave.submit"), act: leave }),
  );
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
