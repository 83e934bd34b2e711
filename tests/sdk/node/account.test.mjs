/** An account and what its owner can change, by pages that are rendered on the server. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { pick, plain, refused } from '../shared/expect.mjs';
import { asGuest, asServer, withJwt, withSession, withSessionAndJwt } from './clients.mjs';
import { register, signIn, signUp, somebody } from './person.mjs';

const SECRETS = ['password', 'hash', 'hashOptions'];
const PREFS = { theme: 'dunkel', städte: ['Zürich', '東京'], big: 9007199254740993n, nested: { '': null, n: 1.5 } };

test('a guest opens an account, once', async () => {
  const person = somebody();
  const created = await asGuest().account.create(person);

  const expected = { $id: person.userId, name: person.name, email: person.email, phone: '', status: true, mfa: false };
  assert.deepEqual(pick(created, Object.keys(expected)), expected);
  assert.deepEqual(created.targets.map(({ identifier }) => identifier), [person.email]);
  for (const field of SECRETS) assert.ok(!(field in created), field);
  await assert.rejects(asGuest().account.create(person), refused.userExists);
});

test('a page shows whose session it was given', async () => {
  const { account, userId, email, phone } = await signUp();
  const shown = await account.get();
  assert.deepEqual(pick(shown, ['$id', 'email', 'phone']), { $id: userId, email, phone });
  for (const field of SECRETS) assert.ok(!(field in shown), field);
});

test('neither a guest, nor a key, nor an unknown secret is anybody', async () => {
  for (const { account } of [asGuest(), asServer(), withSession('bm9ib2R5')]) {
    await assert.rejects(account.get(), refused.notSignedIn);
  }
});

test('the name changes', async () => {
  const { account } = await signUp();
  assert.equal((await account.updateName({ name: 'Zoë "Z" <b>' })).name, 'Zoë "Z" <b>');
  assert.equal((await account.get()).name, 'Zoë "Z" <b>');
});

test('preferences keep any text and number and are replaced as a whole', async () => {
  const { account } = await signUp();
  await account.updatePrefs({ prefs: { gone: true } });
  assert.deepEqual(plain((await account.updatePrefs({ prefs: PREFS })).prefs), PREFS);
  assert.deepEqual(plain(await account.getPrefs()), PREFS);
});

test('the password changes for whoever knows the old one, and other sessions end', async () => {
  const person = await signUp();
  const elsewhere = await signIn(person);
  const password = 'battery staple';
  const wrong = { password, oldPassword: 'wrong horse' };
  await assert.rejects(person.account.updatePassword(wrong), refused.invalidCredentials);

  await person.account.updatePassword({ password, oldPassword: person.password });
  await assert.rejects(elsewhere.account.get(), refused.notSignedIn);
  await assert.rejects(signIn(person), refused.invalidCredentials);
  await signIn({ ...person, password });
  await person.account.get();
});

test('the e-mail address changes, and is to be verified anew', async () => {
  const [person, other] = [await signUp(), await register()];
  const { userId, account, password } = person;
  await asServer().users.updateEmailVerification({ userId, emailVerification: true });
  const { email } = somebody();
  await assert.rejects(account.updateEmail({ email, password: 'wrong horse' }), refused.invalidCredentials);
  await assert.rejects(account.updateEmail({ email: other.email, password }), refused.addressTaken);

  const changed = await account.updateEmail({ email, password });
  assert.deepEqual(pick(changed, ['email', 'emailVerification']), { email, emailVerification: false });
  await assert.rejects(signIn(person), refused.invalidCredentials);
  await signIn({ ...person, email });
});

test('the phone number changes, and is to be verified anew', async () => {
  const { userId, account, password } = await signUp();
  await asServer().users.updatePhoneVerification({ userId, phoneVerification: true });
  const { phone } = somebody();

  const changed = await account.updatePhone({ phone, password });
  assert.deepEqual(pick(changed, ['phone', 'phoneVerification']), { phone, phoneVerification: false });
});

test('people can block themselves, and only the team lets them in again', async () => {
  const person = await signUp();
  const bearer = withJwt((await person.account.createJWT()).jwt);
  assert.equal((await person.account.updateStatus()).status, false);
  for (const { account } of [person, bearer]) await assert.rejects(account.get(), refused.blocked);
  await assert.rejects(signIn(person), refused.blocked);

  await asServer().users.updateStatus({ userId: person.userId, status: true });
  for (const { account } of [person, bearer]) await assert.rejects(account.get(), refused.notSignedIn);
  assert.equal((await (await signIn(person)).account.get()).status, true);
});

test('a JWT speaks for the session that it was made from, as long as that lasts', async () => {
  const { account, userId, session } = await signUp();
  const { jwt } = await account.createJWT({ duration: 60 });
  const bearer = withJwt(jwt);

  assert.equal((await bearer.account.get()).$id, userId);
  await assert.rejects(bearer.account.createJWT(), refused.jwtFromJwt);
  await assert.rejects(withSessionAndJwt(session.secret, jwt).account.get(), refused.jwtBesideSession);
  await account.deleteSession({ sessionId: 'current' });
  await assert.rejects(bearer.account.get(), refused.notSignedIn);
});

test('an altered JWT is refused', async () => {
  const { jwt } = await (await signUp()).account.createJWT();
  const [head, body, seal] = jwt.split('.');
  const other = Buffer.from(JSON.stringify({ ...JSON.parse(Buffer.from(body, 'base64url')), userId: 'other' }));
  await assert.rejects(withJwt([head, other.toString('base64url'), seal].join('.')).account.get(), refused.jwtInvalid);
});
