/** Appwrite's guide to multi-factor authentication, step by step, as its readers' applications will run it. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Authenticator, scan } from '../shared/authenticator.mjs';
import { plain, refused, sorted } from '../shared/expect.mjs';
import { PROJECT_NAME } from '../shared/settings.mjs';
import { inEveryBrowser } from './browser.mjs';
import {
  FACTORS, enrol, passChallenge, qrOf, signInAfresh, signUp, verifyEmail, verifyPhone, writeDownRecoveryCodes,
} from './person.mjs';

const RECOVERY_CODE = /^[0-9a-hjkmnp-tv-z]{4}(-[0-9a-hjkmnp-tv-z]{4}){3}$/;
const MASKED_CODE = /^[0-9a-hjkmnp-tv-z]{3}•(-•{4}){3}$/;

const TOTP_DEFAULTS = { algorithm: 'SHA1', digits: 6, period: 30 };

inEveryBrowser((keeper) => {
  test('1. recovery codes are shown once, before anything else', async () => {
    const person = await signUp(keeper);
    await writeDownRecoveryCodes(person);

    assert.equal(person.recoveryCodes.length, 10);
    assert.equal(new Set(person.recoveryCodes).size, 10);
    for (const code of person.recoveryCodes) assert.match(code, RECOVERY_CODE);
    await assert.rejects(person.account.createMFARecoveryCodes(), refused.recoveryCodesExist);
  });

  test('2. the link in the mail verifies the e-mail address', async () => {
    const person = await signUp(keeper);
    assert.equal((await person.account.get()).emailVerification, false);
    await verifyEmail(person);

    assert.equal((await person.account.get()).emailVerification, true);
    assert.equal((await person.account.listMFAFactors()).email, true);
  });

  test('3. the code in the text message verifies the phone number', async () => {
    const person = await signUp(keeper);
    await verifyPhone(person);

    const { phone, phoneVerification } = await person.account.get();
    assert.equal(phone, person.phone);
    assert.equal(phoneVerification, true);
    assert.equal((await person.account.listMFAFactors()).phone, true);
  });

  test('4. an authenticator app takes its secret from the QR code', async () => {
    const person = await signUp(keeper);
    const { secret, uri } = await person.account.createMFAAuthenticator({ type: 'totp' });
    const picture = await person.browser.image(qrOf(person, uri));
    assert.equal(scan(picture.bytes), uri);
    assert.match(picture.headers['cache-control'], /no-store/);

    const app = new Authenticator(uri);
    assert.deepEqual(settings(app), { ...TOTP_DEFAULTS, issuer: PROJECT_NAME, label: person.email, secret });
    await person.account.updateMFAAuthenticator({ type: 'totp', otp: app.code() });
    assert.equal((await person.account.listMFAFactors()).totp, true);
    assert.deepEqual(await factorsOf(person), ['password', 'totp']);
  });

  test('5. whoever switches MFA on stays signed in', async () => {
    const person = await enrol(keeper);

    const { mfa, emailVerification, phoneVerification } = await person.account.get();
    assert.deepEqual([mfa, emailVerification, phoneVerification], [true, true, true]);
    assert.deepEqual(await factorsOf(person), ['email', 'password', 'phone', 'totp']);
  });

  test('6. the next sign-in lacks a factor and is told which there are', async () => {
    const person = await enrol(keeper);
    const session = await signInAfresh(person);

    assert.deepEqual(plain(session.factors), ['password']);
    await assert.rejects(person.account.get(), refused.moreFactorsRequired);
    const factors = plain(await person.account.listMFAFactors());
    assert.deepEqual(factors, { totp: true, email: true, phone: true, passkey: false, recoveryCode: true, custom: false });
  });

  test('7. each factor completes a sign-in', async (t) => {
    const person = await enrol(keeper);
    for (const factor of FACTORS) await t.test(factor, () => completeSignIn(person, factor));
  });

  test('8. a fresh proof opens what is protected', async () => {
    const newcomer = await signUp(keeper);
    await writeDownRecoveryCodes(newcomer);
    await assert.rejects(newcomer.account.getMFARecoveryCodes(), refused.challengeRequired);
    const person = await enrol(keeper);
    const [spent] = person.recoveryCodes.slice(-1);
    await signInAfresh(person);
    await passChallenge(person, 'recoverycode');

    const { recoveryCodes: left } = await person.account.getMFARecoveryCodes();
    assert.deepEqual(startsOf(left), startsOf(person.recoveryCodes));
    assert.ok(!startsOf(left).includes(spent.slice(0, 3)));
    for (const code of left) assert.match(code, MASKED_CODE);
    await replaceRecoveryCodes(person);
    await removeAllFactors(person);
  });
});

function settings({ totp: { issuer, label, algorithm, digits, period, secret } }) {
  return { issuer, label, algorithm, digits, period, secret: secret.base32 };
}

async function factorsOf({ account }) {
  const { factors, current } = await account.getSession({ sessionId: 'current' });
  assert.equal(current, true);
  return sorted(factors);
}

async function completeSignIn(person, factor) {
  const name = factor === 'recoverycode' ? 'recoveryCode' : factor;
  assert.ok(Object.values(person.browser.sdk.AuthenticationFactor).includes(factor));
  await signInAfresh(person);
  await assert.rejects(person.account.get(), refused.moreFactorsRequired);

  const session = await passChallenge(person, factor);
  assert.deepEqual(plain(session.factors), ['password', name]);
  assert.equal((await person.account.get()).email, person.email);
  assert.deepEqual(await factorsOf(person), sorted(['password', name]));
}

const startsOf = (codes) => sorted(codes.map((code) => code.slice(0, 3)));

async function replaceRecoveryCodes(person) {
  const old = person.recoveryCodes;
  ({ recoveryCodes: person.recoveryCodes } = await person.account.updateMFARecoveryCodes());

  assert.equal(person.recoveryCodes.length, 10);
  for (const code of person.recoveryCodes) assert.ok(!old.includes(code));
}

async function removeAllFactors(person) {
  await person.account.deleteMFAAuthenticator({ type: 'totp' });
  assert.equal((await person.account.listMFAFactors()).totp, false);
  assert.equal((await person.account.updateMFA({ mfa: false })).mfa, false);

  await signInAfresh(person);
  assert.equal((await person.account.get()).mfa, false);
}
