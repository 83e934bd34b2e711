// Passkeys (WebAuthn Level 3), whose options and answers go as JSON.

import { Problem } from "./api.js";
import { known } from "./page.js";

export const hasPasskeys = known.passkeys && Boolean(window.PublicKeyCredential?.parseRequestOptionsFromJSON);

export async function fillsIn() {
  return hasPasskeys && Boolean(await PublicKeyCredential.isConditionalMediationAvailable?.());
}

async function ask(asking) {
  try {
    return (await asking).toJSON();
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
    throw new Problem(error.name === "InvalidStateError" ? "passkey_there" : "passkey_cancelled");
  }
}

// The credential of a new passkey.
export function makePasskey(options) {
  return ask(navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) }));
}

let offered = new AbortController();

// The credential that signs in; `more` may say that the browser offers it beside a field, until it is asked outright.
export function usePasskey(options, more = {}) {
  offered.abort();
  offered = new AbortController();
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options);
  return ask(navigator.credentials.get({ publicKey, signal: offered.signal, ...more }));
}

// What answers a challenge.
export async function answerChallenge(options) {
  return JSON.stringify(await usePasskey(options));
}
