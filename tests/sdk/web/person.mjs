import { randomBytes, randomInt } from 'node:crypto';

import { Authenticator, scan } from '../shared/authenticator.mjs';
import { mailedCode, mailedLink, textedCode } from '../shared/inbox.mjs';
import { PAGE } from '../shared/settings.mjs';
import { Browser } from './browser.mjs';

const VERIFY_PAGE = `${PAGE}/verify`;

/** Somebody new with an account, not signed in. */
export async function register(keeper) {
  const person = {
    ...seatedAt(new Browser(keeper)),
    name: 'Zoë Łukasz',
    email: `zoe.${randomBytes(8).toString('hex')}@example.com`,
    phone: `+49151${randomInt(10_000_000, 100_000_000)}`,
    password: `correct horse ${randomBytes(8).toString('hex')}`,
  };
  const { email, password, name, browser } = person;
  await person.account.create({ userId: browser.sdk.ID.unique(), email, password, name });
  return person;
}

/** Somebody new, signed in. */
export async function signUp(keeper) {
  const person = await register(keeper);
  await signIn(person);
  return person;
}

/** The same person at another browser. */
export const elsewhere = (person) => ({ ...person, ...seatedAt(new Browser(person.browser.keeper)) });

const seatedAt = (browser) => ({ browser, account: browser.account });

export const signIn = ({ account, email, password }) => account.createEmailPasswordSession({ email, password });
export const signOut = ({ account }) => account.deleteSession({ sessionId: 'current' });

export async function signInAfresh(person) {
  await signOut(person);
  return signIn(person);
}

export async function verifyEmail({ account, email }) {
  await account.createEmailVerification({ url: VERIFY_PAGE });
  const { userId, secret } = await mailedLink(email, VERIFY_PAGE);
  return account.updateEmailVerification({ userId, secret });
}

export async function verifyPhone({ account, phone, password }) {
  await account.updatePhone({ phone, password });
  const { userId, $createdAt } = await account.createPhoneVerification();
  return account.updatePhoneVerification({ userId, secret: await textedCode(phone, $createdAt) });
}

export async function writeDownRecoveryCodes(person) {
  ({ recoveryCodes: person.recoveryCodes } = await person.account.createMFARecoveryCodes());
}

export async function enrolAuthenticator(person) {
  const { uri } = await person.account.createMFAAuthenticator({ type: 'totp' });
  const { bytes } = await person.browser.image(qrOf(person, uri, 200));
  person.authenticator = new Authenticator(scan(bytes));
  person.enrolledWith = person.authenticator.code();
  return person.account.updateMFAAuthenticator({ type: 'totp', otp: person.enrolledWith });
}

export const qrOf = ({ browser }, text, size = 800) =>
  browser.avatars.getQR({ text, size, margin: 0, download: false });

/** What the guide has people do for each factor, in its order; the factors as the SDK spells them. */
const setUp = {
  recoverycode: writeDownRecoveryCodes,
  email: verifyEmail,
  phone: verifyPhone,
  totp: enrolAuthenticator,
};
export const FACTORS = Object.keys(setUp);

/** Somebody who has followed the guide to the end: these factors set up, MFA on, still signed in. */
export async function enrol(keeper, factors = FACTORS) {
  const person = await signUp(keeper);
  for (const factor of factors) await setUp[factor](person);
  await person.account.updateMFA({ mfa: true });
  return person;
}

/** How a person comes by the code of each factor. */
const codeOf = {
  totp: ({ authenticator }) => authenticator.code({ ahead: 1 }),
  email: ({ email }, { $createdAt }) => mailedCode(email, $createdAt),
  phone: ({ phone }, { $createdAt }) => textedCode(phone, $createdAt),
  recoverycode: ({ recoveryCodes }) => recoveryCodes.pop(),
};

/** Asks for a challenge and reads its code, but does not answer it. */
export async function beginChallenge(person, factor) {
  const challenge = await person.account.createMFAChallenge({ factor });
  return { challengeId: challenge.$id, otp: await codeOf[factor](person, challenge) };
}

/** Proves the factor; returns the session. */
export async function passChallenge(person, factor) {
  return person.account.updateMFAChallenge(await beginChallenge(person, factor));
}
