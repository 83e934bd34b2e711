/** Sessions that a rendering server begins for its visitors. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Query } from 'node-appwrite';

import { pick, refused } from '../shared/expect.mjs';
import { ADDRESS, asGuest, asServer, asServerFor, withSession } from './clients.mjs';
import { register, signIn, signUp, somebody } from './person.mjs';

const PHONE = {
  address: '203.0.113.7',
  userAgent:
    'Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Mobile Safari/537.36',
};
const ITS_SESSION = {
  ip: PHONE.address,
  osCode: 'AND',
  osName: 'Android',
  osVersion: '10',
  clientType: 'browser',
  clientCode: 'CM',
  clientName: 'Chrome Mobile',
  clientVersion: '131.0',
  clientEngine: 'Blink',
  deviceName: 'smartphone',
};

test('a session is of the device that the server calls for', async () => {
  const { session, account } = await signIn(await register(), { server: asServerFor(PHONE) });
  assert.deepEqual(pick(session, Object.keys(ITS_SESSION)), ITS_SESSION);
  const current = await account.getSession({ sessionId: 'current' });
  assert.deepEqual(pick(current, Object.keys(ITS_SESSION)), ITS_SESSION);
});

test('whoever has no key cannot say so, and gets no secret', async () => {
  const { email, password } = await register();
  const { account } = asGuest();
  account.client.setForwardedUserAgent(PHONE.userAgent).addHeader('X-Forwarded-For', PHONE.address);

  const session = await account.createEmailPasswordSession({ email, password });
  assert.deepEqual(pick(session, ['ip', 'secret']), { ip: ADDRESS, secret: '' });
  assert.notEqual(session.osName, 'Android');
});

test('a session tells how it began', async () => {
  const { session, userId, email } = await signUp();
  const start = { provider: 'email', providerUid: email, factors: ['password'] };
  const expected = { userId, ...start, current: true, countryCode: '--' };
  assert.deepEqual(pick(session, Object.keys(expected)), expected);
  assert.notEqual(session.secret, '');
  assert.ok(Date.parse(session.expire) > Date.now());
});

test('a wrong password and an unknown address are refused alike', async () => {
  const person = await register();
  await assert.rejects(signIn({ ...person, password: 'wrong horse' }), refused.invalidCredentials);
  await assert.rejects(signIn({ ...person, email: `no.${person.email}` }), refused.invalidCredentials);
});

test('whoever has a session begins no other', async () => {
  const { account, email, password } = await signUp();
  await assert.rejects(account.createEmailPasswordSession({ email, password }), refused.signedInAlready);
});

test('all sessions are listed without their secrets, and each can end another', async () => {
  const person = await signUp();
  const other = await signIn(person);
  const { total, sessions } = await person.account.listSessions();

  assert.equal(total, 2);
  assert.deepEqual(sessions.map(({ $id }) => $id), [person.session.$id, other.session.$id]);
  assert.deepEqual(sessions.map((each) => pick(each, ['current', 'secret'])), [
    { current: true, secret: '' },
    { current: false, secret: '' },
  ]);
  await person.account.deleteSession({ sessionId: other.session.$id });
  await assert.rejects(other.account.get(), refused.notSignedIn);
  await assert.rejects(person.account.getSession({ sessionId: other.session.$id }), refused.noSession);
});

test('what happened to an account is in its log, newest first', async () => {
  const person = await signUp();
  await signIn(person);
  const { total, logs } = await person.account.listLogs({ queries: [Query.limit(2)] });

  assert.equal(total, 3);
  assert.deepEqual(logs.map(({ event }) => event), ['session.create', 'session.create']);
  assert.deepEqual(logs.map(({ userId, mode }) => [userId, mode]), Array(2).fill([person.userId, 'default']));
  const [{ event }] = (await person.account.listLogs({ queries: [Query.offset(2)] })).logs;
  assert.equal(event, 'user.create');
});

test("nobody sees or ends a stranger's session", async () => {
  const [person, stranger] = [await signUp(), await signUp()];
  const sessionId = person.session.$id;
  await assert.rejects(stranger.account.getSession({ sessionId }), refused.noSession);
  await assert.rejects(stranger.account.deleteSession({ sessionId }), refused.noSession);
  await person.account.get();
});

test('a session can be extended', async () => {
  const { account, session } = await signUp();
  const extended = await account.updateSession({ sessionId: 'current' });
  assert.equal(extended.$id, session.$id);
  assert.ok(Date.parse(extended.expire) > Date.parse(session.expire));
});

test('signing out everywhere ends every session', async () => {
  const person = await signUp();
  const other = await signIn(person);
  await person.account.deleteSessions();
  for (const { account } of [person, other]) await assert.rejects(account.get(), refused.notSignedIn);
});

test('an anonymous session becomes an account', async () => {
  const session = await asServer().account.createAnonymousSession();
  const begun = { provider: 'anonymous', providerUid: '', factors: ['anonymous'] };
  assert.deepEqual(pick(session, Object.keys(begun)), begun);
  const { email, phone, password } = somebody();
  const { account } = withSession(session.secret);
  await account.updateEmail({ email, password });
  await account.updatePhone({ phone, password });
  assert.equal((await signIn({ email, password })).session.userId, session.userId);
});
