/** A walk through the methods of Account and Locale. What each means is tested elsewhere. */

import assert from 'node:assert/strict';
import { randomBytes, randomInt } from 'node:crypto';

import { Authenticator } from './authenticator.mjs';
import { refused } from './expect.mjs';
import { mailedLink, mailedRecoveryLink, mailedSignInLink, sentCode } from './inbox.mjs';
import { asTheyAre, oldNames } from './names.mjs';
import { PAGE } from './settings.mjs';

const url = `${PAGE}/proof`;
const totp = { type: 'totp' };

const newEmail = () => `zoe.${randomBytes(8).toString('hex')}@example.com`;
const newPhone = () => `+49151${randomInt(10_000_000, 100_000_000)}`;

/**
 * `guest` returns an Account that nobody is signed in to, `signUp` somebody new who is signed in, and `signIn` the
 * same person after signing in.
 */
export async function walkAccount({ guest, signUp, signIn }) {
  await ownAccount({ guest, signUp, signIn });
  for (const names of [asTheyAre, oldNames]) {
    await secondFactors(await signUp(), names);
    await mailedProof(names(guest()), await signUp(), names);
  }
  await sentProofs(guest(), await signUp());
  await waysIn(guest);
}

async function ownAccount({ guest, signUp, signIn }) {
  const { email } = await guest().create({ userId: 'unique()', email: newEmail(), password: 'battery staple' });
  assert.ok(email);
  let person = await signUp();
  const { account } = person;
  assert.equal((await account.get()).email, person.email);
  assert.equal((await account.updateName({ name: 'Grace' })).name, 'Grace');
  assert.equal((await account.updatePrefs({ prefs: { theme: 'dark' } })).prefs.theme, 'dark');
  assert.equal((await account.getPrefs()).theme, 'dark');
  assert.equal((await account.listIdentities()).total, 0);
  await assert.rejects(account.deleteIdentity({ identityId: 'none' }), refused.noIdentity);
  assert.ok((await account.createJWT()).jwt);
  const { password: oldPassword } = person;
  const changed = { email: newEmail(), phone: newPhone(), password: 'battery staple' };
  await account.updateEmail({ email: changed.email, password: oldPassword });
  await account.updatePhone({ phone: changed.phone, password: oldPassword });
  await account.updatePassword({ password: changed.password, oldPassword });
  assert.equal((await account.listSessions()).total, 1);
  const { $id } = await account.getSession({ sessionId: 'current' });
  assert.equal((await account.updateSession({ sessionId: 'current' })).$id, $id);
  await account.deleteSession({ sessionId: 'current' });
  person = await signIn({ ...person, ...changed });
  await person.account.deleteSessions();
  person = await signIn(person);
  assert.equal((await person.account.updateStatus()).status, false);
}

async function secondFactors(person, names) {
  const account = names(person.account);
  assert.equal((await account.createMFARecoveryCodes()).recoveryCodes.length, 10);
  const authenticator = new Authenticator((await account.createMFAAuthenticator(totp)).uri);
  await account.updateMFAAuthenticator({ ...totp, otp: authenticator.code() });
  assert.equal((await account.listMFAFactors()).totp, true);
  assert.equal((await account.updateMFA({ mfa: true })).mfa, true);
  const { $id: challengeId } = await account.createMFAChallenge({ factor: 'totp' });
  const { factors } = await account.updateMFAChallenge({ challengeId, otp: authenticator.code({ ahead: 1 }) });
  assert.ok(factors.includes('totp'));
  assert.equal((await account.getMFARecoveryCodes()).recoveryCodes.length, 10);
  assert.equal((await account.updateMFARecoveryCodes()).recoveryCodes.length, 10);
  await account.deleteMFAAuthenticator(totp);
  assert.equal((await account.updateMFA({ mfa: false })).mfa, false);
}

async function mailedProof(guest, { account, email }, names) {
  await names(account).createEmailVerification({ url });
  const { userId, secret } = await mailedLink(email, url);
  await guest.updateEmailVerification({ userId, secret });
  assert.equal((await account.get()).emailVerification, true);
}

async function sentProofs(guest, { account, email, password }) {
  const phone = newPhone();
  await account.updatePhone({ phone, password });
  const { userId, $createdAt } = await account.createPhoneVerification();
  await account.updatePhoneVerification({ userId, secret: await sentCode(phone, $createdAt) });
  if (account.createEmailVerificationOTP) {
    const code = await account.createEmailVerificationOTP();
    await guest.updateEmailVerificationOTP({ userId, secret: await sentCode(email, code.$createdAt) });
    assert.equal((await account.get()).emailVerification, true);
  }

  await guest.createRecovery({ email, url });
  const { secret } = await mailedRecoveryLink(email, url);
  await guest.updateRecovery({ userId, secret, password: 'battery staple' });
  if (guest.createRecoveryOTP) {
    const code = await guest.createRecoveryOTP({ email });
    const sent = await sentCode(email, code.$createdAt);
    await guest.updateRecoveryOTP({ userId: code.userId, secret: sent, password: 'another staple' });
  }
}

async function waysIn(guest) {
  const [userId, email, phone] = ['unique()', newEmail(), newPhone()];
  assert.equal((await guest().createAnonymousSession()).provider, 'anonymous');
  await guest().createMagicURLToken({ userId, email, url });
  const link = await mailedSignInLink(email, url);
  const begun = await guest().updateMagicURLSession({ userId: link.userId, secret: link.secret });
  assert.equal(begun.provider, 'magic-url');
  const mailed = await guest().createEmailToken({ userId, email });
  const mailedSecret = await sentCode(email, mailed.$createdAt);
  const session = await guest().createSession({ userId: mailed.userId, secret: mailedSecret });
  assert.equal(session.userId, begun.userId);
  const texted = await guest().createPhoneToken({ userId, phone });
  const textedSecret = await sentCode(phone, texted.$createdAt);
  const byPhone = await guest().updatePhoneSession({ userId: texted.userId, secret: textedSecret });
  assert.equal(byPhone.provider, 'phone');
}

export async function walkLocale(locale) {
  assert.ok((await locale.get()).ip);
  for (const [list, plural, code] of [
    [await locale.listCodes(), 'localeCodes', 'de'],
    [await locale.listContinents(), 'continents', 'EU'],
    [await locale.listCountries(), 'countries', 'DE'],
    [await locale.listCountriesEU(), 'countries', 'DE'],
    [await locale.listCountriesPhones(), 'phones', '+49'],
    [await locale.listCurrencies(), 'currencies', 'EUR'],
    [await locale.listLanguages(), 'languages', 'de'],
  ]) {
    assert.equal(list.total, list[plural].length);
    assert.ok(list[plural].some((each) => each.code === code), `${plural}: ${code}`);
  }
}
