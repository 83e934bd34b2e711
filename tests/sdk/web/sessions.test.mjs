/** Sessions and preferences of one person, as a browser keeps and shows them. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { plain, refused } from '../shared/expect.mjs';
import { Browser, inEveryBrowser } from './browser.mjs';
import { elsewhere, register, signIn, signOut, signUp } from './person.mjs';

/** What is left when a session has ended: that the browser has signed in before. */
const KEPT = { cookies: ['a_device_demo_legacy'], localStorage: ['a_device_demo'] };
const SESSION = { provider: 'email', factors: ['password'], secret: '', clientName: 'Chrome', osName: 'Windows' };
const PREFS = { theme: 'dunkel', städte: ['Zürich', '東京'], key: '🗝️', nested: { '': null, n: 1.5 } };

inEveryBrowser((keeper) => {
  test('signing out leaves nothing of the session in the browser', async () => {
    const person = await signUp(keeper);
    assert.equal((await person.account.get()).email, person.email);
    await signOut(person);

    assert.deepEqual(person.browser.kept, KEPT[keeper]);
    await assert.rejects(person.account.get(), refused.notSignedIn);
  });

  test('a browser is known again when the same person comes back', async () => {
    const person = await signUp(keeper);
    const { device } = person.browser;
    await signOut(person);
    assert.equal(person.browser.device, device);
    await signIn(person);

    const [before, after] = [device, person.browser.device].map((value) => value.split('.'));
    assert.equal(after[2], before[2], 'the server took it for the same device');
    assert.ok(Number(after[1]) > Number(before[1]), 'and renewed it');
  });

  test('signing in while signed in is refused', async () => {
    const person = await signUp(keeper);
    await assert.rejects(signIn(person), refused.signedInAlready);
  });

  test('a wrong password and an unknown address are refused alike', async () => {
    const person = await register(keeper);
    await assert.rejects(signIn({ ...person, password: 'wrong horse' }), refused.invalidCredentials);
    await assert.rejects(signIn({ ...person, email: `no.${person.email}` }), refused.invalidCredentials);
  });

  test('a session tells how and where it began, and hides its secret', async () => {
    const { account, email } = await signUp(keeper);
    const session = await account.getSession({ sessionId: 'current' });
    const expected = { ...SESSION, providerUid: email };
    assert.deepEqual(plain(Object.fromEntries(Object.keys(expected).map((key) => [key, session[key]]))), expected);
  });

  test('all browsers are listed, and one can end the other', async () => {
    const person = await signUp(keeper);
    const other = elsewhere(person);
    const { $id: otherId } = await signIn(other);

    const { total, sessions } = await person.account.listSessions();
    assert.equal(total, 2);
    assert.deepEqual(plain(sessions.filter(({ current }) => !current).map(({ $id }) => $id)), [otherId]);
    await person.account.deleteSession({ sessionId: otherId });
    await assert.rejects(other.account.get(), refused.notSignedIn);
    assert.equal((await person.account.listSessions()).total, 1);
  });

  test('signing out everywhere ends every session', async () => {
    const person = await signUp(keeper);
    const other = elsewhere(person);
    await signIn(other);
    await person.account.deleteSessions();

    assert.deepEqual(person.browser.kept, KEPT[keeper]);
    for (const { account } of [person, other]) await assert.rejects(account.get(), refused.notSignedIn);
  });

  test('a session can be extended', async () => {
    const { account } = await signUp(keeper);
    const before = await account.getSession({ sessionId: 'current' });
    const after = await account.updateSession({ sessionId: 'current' });
    assert.equal(after.$id, before.$id);
    assert.ok(Date.parse(after.expire) > Date.parse(before.expire));
  });

  test('preferences keep any text and are replaced as a whole', async () => {
    const { account } = await signUp(keeper);
    assert.deepEqual(plain(await account.getPrefs()), {});
    assert.deepEqual(plain((await account.updatePrefs({ prefs: PREFS })).prefs), PREFS);
    assert.deepEqual(plain(await account.getPrefs()), PREFS);

    await account.updatePrefs({ prefs: {} });
    assert.deepEqual(plain(await account.getPrefs()), {});
  });

  test('a page of a strange origin gets to see nothing', async () => {
    const { sdk, account } = new Browser(keeper, { origin: 'https://elsewhere.example' });
    const stranger = { userId: sdk.ID.unique(), email: 'stranger@example.com', password: 'correct horse' };
    await assert.rejects(account.create(stranger), /Access-Control-Allow-Origin/);
  });
});
