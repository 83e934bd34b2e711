/** Multi-factor authentication of an app that renders its pages on the server. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { AuthenticationFactor } from 'node-appwrite';

import { plain, refused, sorted } from '../shared/expect.mjs';
import { asTheyAre, oldNames } from '../shared/names.mjs';
import { asServer, withJwt } from './clients.mjs';
import { enrol, passChallenge, signIn, signUp } from './person.mjs';

const MASKED_CODE = /^[0-9a-hjkmnp-tv-z]{3}•(-•{4}){3}$/;
const ALL_FACTORS = { totp: true, phone: true, email: true, passkey: false, recoveryCode: true, custom: false };

test('MFA on, the next session lacks a factor', async () => {
  const person = await signIn(await switchOn());
  assert.deepEqual(person.session.factors, ['password']);
  await assert.rejects(person.account.get(), refused.moreFactorsRequired);
  assert.deepEqual(plain(await person.account.listMFAFactors()), ALL_FACTORS);
});

test('each factor completes a session', async (t) => {
  const enrolled = await switchOn();
  for (const factor of Object.values(AuthenticationFactor)) {
    await t.test(factor, async () => {
      const person = await signIn(enrolled);
      const { factors, secret } = await passChallenge(person, factor);
      assert.deepEqual(factors, ['password', factor === 'recoverycode' ? 'recoveryCode' : factor]);
      assert.equal(secret, '');
      assert.equal((await person.account.get()).email, person.email);
    });
  }
});

for (const [how, names] of [['', asTheyAre], [', by the old names of the methods', oldNames]]) {
  test(`a fresh proof opens what is protected${how}`, async () => {
    const newcomer = names((await signUp()).account);
    await newcomer.createMFARecoveryCodes();
    await assert.rejects(newcomer.getMFARecoveryCodes(), refused.challengeRequired);
    const before = await switchOn(names);
    const again = await signIn(before);
    const person = { ...again, account: names(again.account) };
    await passChallenge(person, 'recoverycode');

    await replaceRecoveryCodes(person, before.recoveryCodes);
    await removeAllFactors(person);
  });
}

test('whoever switches MFA on stays signed in with the factors that are proven', async () => {
  const { account } = await switchOn();
  const { factors } = await account.getSession({ sessionId: 'current' });
  assert.deepEqual(sorted(factors), ['email', 'password', 'phone', 'totp']);
});

test('a JWT is no way around a factor', async () => {
  const before = await enrol();
  const elsewhere = await signIn(before);
  const old = [await before.account.createJWT(), await elsewhere.account.createJWT()];
  await before.account.updateMFA({ mfa: true });

  for (const { jwt } of old) await assert.rejects(withJwt(jwt).account.get(), refused.notSignedIn);
  await assert.rejects(elsewhere.account.createJWT(), refused.notSignedIn);
  const { jwt } = await before.account.createJWT();
  assert.equal((await withJwt(jwt).account.get()).mfa, true);

  const { userId, account, session } = await signIn(before);
  await assert.rejects(account.createJWT(), refused.moreFactorsRequired);
  const half = await asServer().users.createJWT({ userId, sessionId: session.$id });
  await assert.rejects(withJwt(half.jwt).account.get(), refused.moreFactorsRequired);
});

test('with session invalidation off, a JWT of a session that lacks a factor since is refused', async (t) => {
  const { project } = asServer();
  t.after(() => project.updateSessionInvalidationPolicy({ enabled: true }));
  await project.updateSessionInvalidationPolicy({ enabled: false });
  const before = await enrol();
  const { jwt } = await before.account.createJWT();
  const elsewhere = await signIn(before);
  const other = await elsewhere.account.createJWT();
  await before.account.updateMFA({ mfa: true });

  await assert.rejects(withJwt(other.jwt).account.get(), refused.moreFactorsRequired);
  await assert.rejects(elsewhere.account.createJWT(), refused.moreFactorsRequired);
  assert.equal((await withJwt(jwt).account.get()).mfa, true);
});

test('a wrong code completes nothing', async () => {
  const person = await signIn(await switchOn());
  const { $id: challengeId } = await person.account.createMFAChallenge({ factor: AuthenticationFactor.Totp });
  await assert.rejects(person.account.updateMFAChallenge({ challengeId, otp: '000000' }), refused.invalidToken);
  await assert.rejects(person.account.get(), refused.moreFactorsRequired);
});

test('the custom factor is off unless the project allows it', async () => {
  const { account } = await signUp();
  await assert.rejects(account.createMFAChallenge({ factor: 'custom' }), refused.switchedOff);
});

async function switchOn(names = asTheyAre) {
  const person = await enrol({ names });
  await person.account.updateMFA({ mfa: true });
  return person;
}

async function replaceRecoveryCodes({ account }, old) {
  const { recoveryCodes: left } = await account.getMFARecoveryCodes();
  assert.equal(left.length, 9);
  for (const code of left) assert.match(code, MASKED_CODE);

  const { recoveryCodes: replaced } = await account.updateMFARecoveryCodes();
  assert.equal(new Set([...replaced, ...old]).size, replaced.length + old.length);
  await assert.rejects(account.createMFARecoveryCodes(), refused.recoveryCodesExist);
}

async function removeAllFactors(person) {
  const { account } = person;
  await account.deleteMFAAuthenticator({ type: 'totp' });
  assert.equal((await account.listMFAFactors()).totp, false);
  await assert.rejects(account.deleteMFAAuthenticator({ type: 'totp' }), refused.noAuthenticator);

  assert.equal((await account.updateMFA({ mfa: false })).mfa, false);
  assert.equal((await (await signIn(person)).account.get()).mfa, false);
}
