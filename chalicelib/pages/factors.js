// The second factor: one of those that the visitor has.

import { get, post, put, remove } from "./api.js";
import { again, button, codeField, field, form, h, paragraph, passwordField, tell } from "./dom.js";
import { typeCode } from "./codes.js";
import { answerChallenge, hasPasskeys } from "./passkeys.js";
import { address, kept, known, lives, remember, remembered, show } from "./page.js";
import { say } from "./words.js";

const BY_EASE = ["passkey", "totp", "email", "phone", "custom", "recoveryCode"];
const PROOFS = ["passkey", "totp", "email", "phone"];
const BY_KIND = { passkey: byPasskey, password: byPassword, recoveryCode: byRecoveryCode, totp: byApp };
const ASKING = ["user_challenge_required", "user_more_factors_required", "user_reauthentication_required"];

// `done` goes on after it; `cancel` goes back without; `lead` says why it is asked. The password of an `account` will do,
// too, where that alone signs in.
export async function secondFactor({ done, cancel = signOut, lead = "", account }) {
  const owned = await get("account/mfa/factors");
  const factors = BY_EASE.filter((name) => owned[name] && (name !== "passkey" || hasPasskeys));
  const inForce = account?.mfa && PROOFS.some((name) => owned[name]);
  if (account?.email && account.passwordUpdate && !inForce) factors.push("password");
  const sent = Object.fromEntries(Object.entries(remembered("challenges") ?? {}).filter(([, each]) => lives(each)));
  const step = { factors, done, cancel, lead, email: account?.email, sent };
  if (!factors.length) return nothingLeft(step);
  return ask(factors.find((name) => sent[name]) ?? factors[0], step);
}

function ask(factor, step) {
  return (BY_KIND[factor] ?? bySentCode)(step, factor);
}

async function answer(challenge, otp, { done }) {
  await put("account/mfa/challenges", { challengeId: challenge.$id, otp });
  remember("challenges");
  return done();
}

// Do what may need a proof of the last minutes. Where it does, ask for that, and go on. Where it is not done in the end,
// what was there before comes back.
export async function proven(act) {
  try {
    await act();
  } catch (problem) {
    if (!ASKING.includes(problem.type)) throw problem;
    const account = problem.type === "user_reauthentication_required" ? await get("account") : undefined;
    const back = kept();
    await new Promise((resolve, reject) => {
      const undone = (settle) => (value) => {
        back();
        settle(value);
      };
      const done = () => act().then(resolve, undone(reject));
      secondFactor({ done, cancel: undone(resolve), lead: say("factor.again"), account }).catch(undone(reject));
    });
  }
}

const begin = (factor) => post("account/mfa/challenges", { factor: factor.toLowerCase() });
const intro = (step, text) => [step.lead && paragraph(step.lead, { class: "lead" }), paragraph(text, { class: "lead" })];

function byApp(step) {
  const act = async ({ code }) => answer(await begin("totp"), code, step);
  show(
    say("factor.title"),
    intro(step, say("factor.totp.lead", { brand: known.brand })),
    form({ fields: [codeField()], submit: say("factor.submit"), topic: "totp", act }),
    others("totp", step),
  );
}

function byRecoveryCode(step) {
  const act = async ({ code }) => answer(await begin("recoveryCode"), code, step);
  const code = field("code", {
    label: say("factor.recoveryCode.label"),
    hint: say("factor.recoveryCode.hint"),
    type: "text",
    autocomplete: "off",
    autocapitalize: "none",
    spellcheck: "false",
    class: "code",
    autofocus: true,
  });
  show(
    say("factor.title"),
    intro(step, say("factor.recoveryCode.lead")),
    form({ fields: [code], submit: say("factor.submit"), topic: "recovery", act }),
    others("recoveryCode", step),
  );
}

function byPasskey(step) {
  const act = async () => {
    const challenge = await begin("passkey");
    return answer(challenge, await answerChallenge(challenge.publicKey), step);
  };
  show(
    say("factor.title"),
    intro(step, say("factor.passkey.lead")),
    form({ submit: say("factor.passkey.submit"), topic: "passkey", act }),
    others("passkey", step),
  );
}

// A new sign-in: the session of now would be in its way.
function byPassword(step) {
  const act = async ({ password }) => {
    await remove("account/sessions/current").catch(passed);
    await post("account/sessions/email", { email: step.email, password });
    return step.done();
  };
  show(
    say("factor.title"),
    intro(step, say("factor.password.lead")),
    form({ fields: [passwordField("current-password", { autofocus: true })], submit: say("factor.submit"), topic: "password", act }),
    others("password", step),
  );
}

// A code by mail or SMS, or by the team's own hands. It is sent when the visitor first comes here.
async function bySentCode(step, factor) {
  const send = async () => {
    step.sent[factor] = await begin(factor);
    remember("challenges", step.sent);
    await bySentCode(step, factor);
  };
  const challenge = step.sent[factor];
  if (!challenge) {
    await send().catch((problem) => notSent(step, factor, problem));
    return;
  }
  typeCode({
    title: say("factor.title"),
    lead: [step.lead, say(`factor.${factor}.lead`, { brand: known.brand })].filter(Boolean).join(" "),
    submit: say("factor.submit"),
    act: ({ code }) => answer(challenge, code, step),
    resend: send,
    more: others(factor, step),
  });
}

// Too soon after the last one, or no way to send: the visitor can try again, or another way.
function notSent(step, factor, problem) {
  const told = h("div", { role: "alert", class: "told" });
  const retry = () => bySentCode(step, factor);
  show(say("factor.title"), told, again(say("code.again"), retry, problem.wait || 0), others(factor, step));
  tell(told, problem, "send");
}

function others(current, step) {
  const rest = step.factors.filter((name) => name !== current);
  const choices = rest.map((name) => h("li", {}, button(say(`factor.${name}.name`), () => ask(name, step))));
  return [
    choices.length > 0 && h("details", { class: "others" }, h("summary", {}, say("factor.others")), h("ul", {}, choices)),
    form({ submit: say(step.cancel === signOut ? "factor.sign_out" : "factor.cancel"), act: () => step.cancel(), kind: "quiet" }),
  ];
}

function nothingLeft(step) {
  show(say("factor.none.title"), paragraph(say("factor.none.lead"), { class: "lead" }), others("", step));
}

export async function signOut() {
  await remove("account/sessions/current").catch(passed);
  remember("challenges");
  location.assign(address("sign-in"));
}

// A session that has ended already is what was wanted.
function passed(problem) {
  if (problem.type !== "general_unauthorized_scope") throw problem;
}
