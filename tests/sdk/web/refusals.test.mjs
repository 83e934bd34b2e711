/** What the guide leaves out: codes that are wrong, spent or somebody else's. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { refused } from '../shared/expect.mjs';
import { inEveryBrowser } from './browser.mjs';
import {
  FACTORS, beginChallenge, elsewhere, enrol, enrolAuthenticator, signIn, signInAfresh, signOut, signUp,
} from './person.mjs';

const CLOSED_TO_HALF_SESSIONS = [
  (account) => account.listSessions(),
  (account) => account.deleteSessions(),
  (account) => account.updateMFA({ mfa: false }),
  (account) => account.getPrefs(),
  (account) => account.createMFAAuthenticator({ type: 'totp' }),
  (account) => account.createMFARecoveryCodes(),
  (account) => account.createJWT(),
];

inEveryBrowser((keeper) => {
  test('a wrong code is refused and leaves the challenge open for the right one', async (t) => {
    const person = await enrol(keeper);
    for (const factor of FACTORS) await t.test(factor, () => mistypeThenPass(person, factor));
  });

  test('a recovery code is good for one sign-in', async () => {
    const person = await enrol(keeper, ['recoverycode', 'email']);
    await signInAfresh(person);
    const { otp: spent } = await answerOnce(person, 'recoverycode');

    await signInAfresh(person);
    await assert.rejects(answer(person, 'recoverycode', spent), refused.invalidToken);
    await assert.rejects(person.account.get(), refused.moreFactorsRequired);
  });

  test('a recovery code may be typed in capitals and with blanks', async () => {
    const person = await enrol(keeper, ['recoverycode', 'email']);
    await signInAfresh(person);
    const typed = person.recoveryCodes[0].toUpperCase().replaceAll('-', ' ');

    await answer(person, 'recoverycode', typed);
    assert.equal((await person.account.get()).email, person.email);
  });

  test('an authenticator code is good for one sign-in', async () => {
    const person = await enrol(keeper, ['totp']);
    await signInAfresh(person);
    const { otp: seenByAnother } = await answerOnce(person, 'totp');

    await signInAfresh(person);
    await assert.rejects(answer(person, 'totp', seenByAnother), refused.invalidToken);
    await assert.rejects(person.account.get(), refused.moreFactorsRequired);
  });

  test('the code that enrolled the authenticator is spent by that', async () => {
    const person = await enrol(keeper, ['totp']);
    await signInAfresh(person);
    await assert.rejects(answer(person, 'totp', person.enrolledWith), refused.invalidToken);
  });

  test('a challenge is good for one answer', async () => {
    const person = await enrol(keeper, ['email']);
    await signInAfresh(person);
    const passed = await answerOnce(person, 'email');
    await assert.rejects(person.account.updateMFAChallenge(passed), refused.invalidToken);
  });

  test('a challenge belongs to the session that asked for it', async () => {
    const person = await enrol(keeper, ['email']);
    await signInAfresh(person);
    const challenge = await beginChallenge(person, 'email');
    const thief = elsewhere(person);
    await signIn(thief);

    await assert.rejects(thief.account.updateMFAChallenge(challenge), refused.invalidToken);
    await person.account.updateMFAChallenge(challenge);
  });

  test('a wrong code enrols no authenticator', async () => {
    const { account } = await signUp(keeper);
    await account.createMFAAuthenticator({ type: 'totp' });
    await assert.rejects(account.updateMFAAuthenticator({ type: 'totp', otp: '000000' }), refused.invalidToken);
    assert.equal((await account.listMFAFactors()).totp, false);
  });

  test('a second authenticator is refused', async () => {
    const person = await signUp(keeper);
    await enrolAuthenticator(person);
    await assert.rejects(person.account.createMFAAuthenticator({ type: 'totp' }), refused.authenticatorVerified);
  });

  test('a session that lacks a factor may end itself and nothing else', async () => {
    const person = await enrol(keeper, ['email']);
    await signInAfresh(person);

    for (const call of CLOSED_TO_HALF_SESSIONS) await assert.rejects(call(person.account), refused.moreFactorsRequired);
    await signOut(person);
    await assert.rejects(person.account.listMFAFactors(), refused.notSignedIn);
  });
});

async function answer(person, factor, otp) {
  const { $id: challengeId } = await person.account.createMFAChallenge({ factor });
  return person.account.updateMFAChallenge({ challengeId, otp });
}

async function answerOnce(person, factor) {
  const challenge = await beginChallenge(person, factor);
  await person.account.updateMFAChallenge(challenge);
  return challenge;
}

async function mistypeThenPass(person, factor) {
  await signInAfresh(person);
  const { challengeId, otp } = await beginChallenge(person, factor);
  await assert.rejects(person.account.updateMFAChallenge({ challengeId, otp: mistyped(otp) }), refused.invalidToken);
  await assert.rejects(person.account.get(), refused.moreFactorsRequired);

  await person.account.updateMFAChallenge({ challengeId, otp });
  assert.equal((await person.account.get()).email, person.email);
}

const mistyped = (code) => code.slice(0, -1) + (code.endsWith('7') ? '8' : '7');
