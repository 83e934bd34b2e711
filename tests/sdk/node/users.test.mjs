/** A back office: what the team does with its users' accounts. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { ID, Query } from 'node-appwrite';

import { pick, plain, refused } from '../shared/expect.mjs';
import { asTheyAre, oldNames } from '../shared/names.mjs';
import { asGuest, asServer, withJwt, withSession } from './clients.mjs';
import { enrol, passChallenge, register, signIn, signUp, somebody } from './person.mjs';

const { users } = asServer();

test('the team opens an account with everything, and sees the hash of its password', async () => {
  const person = somebody();
  const user = await users.create(person);

  const { userId: $id, name, email, phone } = person;
  assert.deepEqual(pick(user, ['$id', 'name', 'email', 'phone', 'hash']), { $id, name, email, phone, hash: 'argon2' });
  assert.match(user.password, /^\$argon2id\$/);
  assert.deepEqual(user.targets.map(({ providerType }) => providerType).sort(), ['email', 'sms']);
  assert.deepEqual(pick(await users.get({ userId: $id }), Object.keys(user)), pick(user, Object.keys(user)));
  await assert.rejects(users.create({ ...somebody(), phone }), refused.userExists);
});

test('an account needs no address and no password', async () => {
  const user = await users.create({ userId: ID.unique() });
  const bare = { email: '', phone: '', password: null, emailCanonical: null, passwordUpdate: '' };
  assert.deepEqual(pick(user, Object.keys(bare)), bare);
});

test('users are listed by pages, oldest first', async () => {
  const made = [];
  for (let i = 0; i < 4; i++) made.push((await register()).userId);
  const after = async (id, ...more) => idsOf(await users.list({ queries: [Query.cursorAfter(id), ...more] }));

  assert.deepEqual(await after(made[0]), made.slice(1));
  assert.deepEqual(await after(made[0], Query.limit(2)), made.slice(1, 3));
  const before = await users.list({ queries: [Query.cursorBefore(made[3]), Query.limit(2)] });
  assert.deepEqual(idsOf(before), made.slice(1, 3));
  const { total } = await users.list();
  assert.deepEqual(idsOf(await users.list({ queries: [Query.offset(total - 1)] })), made.slice(3));
  assert.equal((await users.list({ total: false })).total, 0);
  const unknown = users.list({ queries: [Query.cursorAfter('nobody')] });
  await assert.rejects(unknown, { code: 400, type: 'general_cursor_not_found' });
});

test('users are found by filters, orders and search', async () => {
  const [one, other] = [await register(), await register()];
  const both = Query.equal('$id', [one.userId, other.userId]);
  const found = async (queries, search) => idsOf(await users.list({ queries, search }));

  assert.deepEqual(await found([Query.equal('email', one.email)]), [one.userId]);
  assert.deepEqual(await found([], one.email), [one.userId]);
  assert.deepEqual(await found([both, Query.orderDesc('$createdAt')]), [other.userId, one.userId]);
  assert.deepEqual(await found([both, Query.or([Query.equal('email', one.email), Query.isNull('name')])]), [one.userId]);
  assert.deepEqual(await found([both, Query.between('registration', '2999-01-01', '2999-01-02')]), []);
  await assert.rejects(found([Query.equal('shoes', 'x')]), { code: 400, type: 'general_argument_invalid' });
});

test("the team reads a user's log and is named in it", async () => {
  const { userId } = await signUp();
  await users.updateStatus({ userId, status: false });
  const { logs } = await users.listLogs({ userId });

  assert.deepEqual(logs.map(({ event, mode }) => [event, mode]), [
    ['user.update.block', 'admin'],
    ['session.create', 'default'],
    ['user.create', 'admin'],
  ]);
});

test('a deleted account is gone, and its address free', async () => {
  const person = await signUp();
  assert.equal((await users.delete({ userId: person.userId })).message, '');

  await assert.rejects(person.account.get(), refused.notSignedIn);
  await assert.rejects(users.get({ userId: person.userId }), refused.noUser);
  await assert.rejects(users.delete({ userId: person.userId }), refused.noUser);
  await users.create(person);
});

test('the team blocks and lets in again', async () => {
  const person = await signUp();
  assert.equal((await users.updateStatus({ userId: person.userId, status: false })).status, false);
  await assert.rejects(person.account.get(), refused.blocked);
  await assert.rejects(signIn(person), refused.blocked);
  await users.updateStatus({ userId: person.userId, status: true });
  await assert.rejects(person.account.get(), refused.notSignedIn);
  await (await signIn(person)).account.get();
});

test('the team knows better which addresses are verified', async () => {
  const { userId } = await register();
  assert.equal((await users.updateEmailVerification({ userId, emailVerification: true })).emailVerification, true);
  assert.equal((await users.updatePhoneVerification({ userId, phoneVerification: true })).phoneVerification, true);
  const { emailVerification } = await users.updateEmailVerification({ userId, emailVerification: false });
  assert.equal(emailVerification, false);
});

test('the team begins sessions, lists them and ends them', async () => {
  const { userId } = await register();
  const [first, second] = [await users.createSession({ userId }), await users.createSession({ userId })];
  assert.deepEqual(pick(first, ['userId', 'provider', 'factors']), { userId, provider: 'server', factors: ['server'] });
  assert.equal((await withSession(first.secret).account.get()).$id, userId);

  const { total, sessions } = await users.listSessions({ userId });
  assert.deepEqual([total, ...sessions.map(({ $id }) => $id)], [2, first.$id, second.$id]);
  for (const each of sessions) assert.deepEqual(pick(each, ['secret', 'current']), { secret: '', current: false });
  await users.deleteSession({ userId, sessionId: first.$id });
  await assert.rejects(users.deleteSession({ userId, sessionId: first.$id }), refused.noSession);
  await users.deleteSessions({ userId });
  for (const { secret } of [first, second]) {
    await assert.rejects(withSession(secret).account.get(), refused.notSignedIn);
  }
});

test('the team makes JWTs, for a session or without one', async () => {
  const { userId } = await register();
  const free = await users.createJWT({ userId });
  assert.equal((await withJwt(free.jwt).account.get()).$id, userId);

  const { $id: sessionId } = await users.createSession({ userId });
  const bound = await users.createJWT({ userId, sessionId, duration: 60 });
  assert.equal((await withJwt(bound.jwt).account.get()).$id, userId);
  await users.deleteSession({ userId, sessionId });
  await assert.rejects(withJwt(bound.jwt).account.get(), refused.notSignedIn);
});

for (const [how, names] of [['', asTheyAre], [', by the old names', oldNames]]) {
  test(`the team helps somebody who lost every factor${how}`, async () => {
    const users = names(asServer().users);
    const person = await enrol();
    const { userId } = person;
    const all = { totp: true, phone: true, email: true, passkey: false, recoveryCode: true, custom: false };
    assert.deepEqual(plain(await users.listMFAFactors({ userId })), all);
    assert.equal((await users.updateMFA({ userId, mfa: true })).mfa, true);
    await assert.rejects(person.account.get(), refused.notSignedIn);
    assert.deepEqual(plain(await users.listMFAFactors({ userId })), { ...all, recoveryCode: false });

    await users.deleteMFAAuthenticator({ userId, type: 'totp' });
    await assert.rejects(users.deleteMFAAuthenticator({ userId, type: 'totp' }), refused.noAuthenticator);
    await assert.rejects(users.updateMFARecoveryCodes({ userId }), refused.noRecoveryCodes);
    const { recoveryCodes: made } = await users.createMFARecoveryCodes({ userId });
    const { recoveryCodes } = await users.updateMFARecoveryCodes({ userId });
    assert.equal(new Set([...made, ...recoveryCodes]).size, 20);
    assert.deepEqual(plain(await users.listMFAFactors({ userId })), { ...all, totp: false });
    const again = await signIn(person);
    await passChallenge({ ...again, recoveryCodes }, 'recoverycode');
    assert.equal((await again.account.get()).mfa, true);
    assert.equal((await users.getMFARecoveryCodes({ userId })).recoveryCodes.length, 9);
    assert.equal((await users.updateMFA({ userId, mfa: false })).mfa, false);
  });

  test(`the team makes recovery codes for somebody who has none${how}`, async () => {
    const users = names(asServer().users);
    const { userId } = await register();
    await assert.rejects(users.getMFARecoveryCodes({ userId }), refused.noRecoveryCodes);
    await assert.rejects(users.updateMFARecoveryCodes({ userId }), refused.noRecoveryCodes);

    assert.equal((await users.createMFARecoveryCodes({ userId })).recoveryCodes.length, 10);
    await assert.rejects(users.createMFARecoveryCodes({ userId }), refused.recoveryCodesExist);
  });
}

test('a session, a JWT and a guest see no back office', async () => {
  const person = await signUp();
  const { jwt } = await person.account.createJWT();
  for (const caller of [asGuest(), person, withJwt(jwt)]) {
    await assert.rejects(caller.users.get({ userId: person.userId }), refused.notAllowed);
    await assert.rejects(caller.users.list(), refused.notAllowed);
  }
});

const idsOf = ({ users }) => users.map(({ $id }) => $id);
