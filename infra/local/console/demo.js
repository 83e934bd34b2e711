/** Users in the states that an app has to deal with, each made through the public API. */

import { asTeam, asUser } from "./api.js";
import { code, currentStep } from "./totp.js";

const PASSWORD = "correct horse battery";
const NAMES = ["Ada", "Alan", "Barbara", "Claude", "Edsger", "Frances", "Grace", "Hedy", "Katherine", "Radia"];
const KEPT = "demo-users";

export const DEMOS = [
  { label: "Fresh", about: "Has just signed up: no factor, MFA off.", make: signedUp },
  { label: "MFA by authenticator app", about: "The current code is shown here.", make: withTotp },
  {
    label: "MFA by e-mail, with recovery codes",
    about: "The code comes to the inbox; the recovery codes are shown here.",
    make: withRecoveryCodes,
  },
  {
    label: "Locked out",
    about: "Gave ten wrong codes. An hour later the right one counts again: move the clock.",
    make: lockedOut,
  },
  { label: "Blocked", about: "By you, with an API key.", make: blocked },
];

/** Makes the user and keeps what only its maker knows, for as long as this tab is open. */
export async function make(demo) {
  const made = { ...(await demo.make()), label: demo.label, about: demo.about };
  sessionStorage.setItem(KEPT, JSON.stringify({ ...all(), [made.id]: made }));
  return made;
}

export const known = (id) => all()[id];
const all = () => JSON.parse(sessionStorage.getItem(KEPT) ?? "{}");

async function signedUp() {
  const name = NAMES[Math.floor(Math.random() * NAMES.length)];
  const email = `${name.toLowerCase()}-${crypto.getRandomValues(new Uint16Array(1))[0]}@example.test`;
  const user = await asTeam("POST", "/account", { userId: "unique()", email, password: PASSWORD, name });
  return { id: user.$id, email, password: PASSWORD };
}

async function signIn({ email, password }) {
  const { secret } = await asTeam("POST", "/account/sessions/email", { email, password }); // told with an API key alone
  return (method, path, body) => asUser(secret, method, path, body);
}

async function withTotp() {
  const user = await signedUp();
  const call = await signIn(user);
  const { secret } = await call("POST", "/account/mfa/authenticators/totp");
  // A code counts once. That of the step before leaves the current one to be tried.
  await call("PUT", "/account/mfa/authenticators/totp", { otp: await code(secret, currentStep() - 1) });
  await call("PATCH", "/account/mfa", { mfa: true });
  await call("DELETE", "/account/sessions/current");
  return { ...user, secret };
}

async function withRecoveryCodes() {
  const user = await signedUp();
  await asTeam("PATCH", `/users/${user.id}/verification`, { emailVerification: true });
  const call = await signIn(user);
  const { recoveryCodes } = await call("POST", "/account/mfa/recovery-codes");
  await call("PATCH", "/account/mfa", { mfa: true });
  await call("DELETE", "/account/sessions/current");
  return { ...user, recoveryCodes };
}

async function lockedOut() {
  const user = await withTotp();
  const call = await signIn(user);
  const right = await Promise.all([-1, 0, 1, 2].map((steps) => code(user.secret, currentStep() + steps)));
  const wrong = ["000000", "111111", "222222", "333333", "444444"].find((each) => !right.includes(each));
  for (let challenge = 0; challenge < 2; challenge++) {
    const { $id } = await call("POST", "/account/mfa/challenges", { factor: "totp" });
    for (let guess = 0; guess < 5; guess++) {
      await call("PUT", "/account/mfa/challenges", { challengeId: $id, otp: wrong }).catch(
        unlessRefusedAs("user_invalid_token"),
      );
    }
  }
  const { $id } = await call("POST", "/account/mfa/challenges", { factor: "totp" });
  const answer = { challengeId: $id, otp: await code(user.secret) };
  const locked = await call("PUT", "/account/mfa/challenges", answer).then(
    () => false,
    ({ type }) => type === "general_rate_limit_exceeded",
  );
  if (!locked) throw new Error("Nobody is locked out here: the server runs with RATE_LIMITS=off.");
  return user;
}

function unlessRefusedAs(type) {
  return (error) => {
    if (error.type !== type) throw error;
  };
}

async function blocked() {
  const user = await signedUp();
  await asTeam("PATCH", `/users/${user.id}/status`, { status: false });
  return user;
}
