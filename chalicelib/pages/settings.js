// What the visitor can see to: the safety of the account.

import { get, remove } from "./api.js";
import { button, paragraph } from "./dom.js";
import { secondFactor } from "./factors.js";
import { address, show } from "./page.js";
import { say } from "./words.js";

export async function settings() {
  let account;
  try {
    account = await get("account");
  } catch (problem) {
    if (problem.type === "user_more_factors_required") return secondFactor({ done: settings });
    location.replace(address("sign-in"));
    return;
  }
  show(say("settings.title"), paragraph(say("settings.who", { email: account.email || account.name }), { class: "lead" }), button(say("factor.sign_out"), signOut));
}

async function signOut() {
  await remove("account/sessions/current");
  location.assign(address("sign-in"));
}
