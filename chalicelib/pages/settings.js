// What the visitor can see to: the safety of the account, at a glance.

import { activity, newest } from "./activity.js";
import { get } from "./api.js";
import { authenticator } from "./authenticator.js";
import { deletion } from "./deletion.js";
import { paragraph } from "./dom.js";
import { email } from "./email.js";
import { secondFactor, signOut } from "./factors.js";
import { goOn } from "./leave.js";
import { mfa } from "./mfa.js";
import { address, known, show } from "./page.js";
import { called, press, row, section } from "./parts.js";
import { passkeyList } from "./passkey_list.js";
import { choosePassword } from "./password.js";
import { phone } from "./phone.js";
import { recoveryCodes } from "./recovery_codes.js";
import { sessionList } from "./sessions.js";
import { say } from "./words.js";

const PARTS = [mfa, authenticator, passkeyList, email, phone, recoveryCodes, password, sessionList, activity, deletion];
const SIGNED_OUT = ["general_unauthorized_scope", "user_password_reset_required"];

export async function settings() {
  if (known.visited) await home();
  else toSignIn();
}

// All parts. Whoever comes `from` one goes on there, where it is `said` what was done, or why it `failed`.
async function home(from = "", said = "", failed = false) {
  let account;
  try {
    account = await get("account");
  } catch (problem) {
    if (problem.type === "user_more_factors_required") return secondFactor({ done: () => home(from, said, failed) });
    if (!SIGNED_OUT.includes(problem.type)) throw problem;
    return toSignIn();
  }
  const [factors, { passkeys }, { sessions }, log] = await Promise.all([
    get("account/mfa/factors"),
    get("account/passkeys"),
    get("account/sessions"),
    newest(),
  ]);
  const proofs = [factors.totp, factors.email, factors.phone].filter(Boolean).length + (factors.passkey ? passkeys.length : 0);
  const at = { account, factors, passkeys, sessions, log, proofs, from, said, failed, home };
  show(
    say("settings.title"),
    row(
      paragraph(say("settings.who", { email: called(account) })),
      known.back && press(say("settings.back"), goOn),
      press(say("factor.sign_out"), signOut),
    ),
    PARTS.map((part) => part(at)),
  );
}

function password(at) {
  const first = !at.account.passwordUpdate;
  const cancel = () => at.home("password");
  const done = () => at.home("password", say("password.done"));
  return section(
    at,
    "password",
    say("field.password"),
    row(paragraph(say(first ? "password.none" : "password.lead")), press(say(first ? "old_password.set" : "old_password.submit"), () => choosePassword({ done, cancel, first }))),
  );
}

function toSignIn() {
  location.replace(address("sign-in", { to: "settings" }));
}
