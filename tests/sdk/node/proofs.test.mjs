/** What a person proves by a mail or a text message: an address, a number, and who they are. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { pick, refused } from '../shared/expect.mjs';
import { mailedLink, mailedRecoveryLink, textedCode } from '../shared/inbox.mjs';
import { asTheyAre, oldNames } from '../shared/names.mjs';
import { PAGE } from '../shared/settings.mjs';
import { asGuest, asServer, withSession } from './clients.mjs';
import { register, signIn, signUp, somebody } from './person.mjs';

const URL_OF_PAGE = `${PAGE}/proof`;

for (const [how, names] of [['', asTheyAre], [', by its old name', oldNames]]) {
  test(`the link in a mail verifies the address, once${how}`, async () => {
    const person = await signUp();
    const token = await names(person.account).createEmailVerification({ url: URL_OF_PAGE });
    assert.deepEqual(pick(token, ['userId', 'secret', 'phrase']), { userId: person.userId, secret: '', phrase: '' });

    const { userId, secret } = await mailedLink(person.email, URL_OF_PAGE);
    const account = names(asGuest().account);
    await assert.rejects(account.updateEmailVerification({ userId, secret: secret.slice(1) }), refused.invalidToken);
    await account.updateEmailVerification({ userId, secret });
    assert.equal((await person.account.get()).emailVerification, true);
    await assert.rejects(account.updateEmailVerification({ userId, secret }), refused.invalidToken);
  });
}

test('the code in a text message verifies the number', async () => {
  const { account, phone } = await signUp();
  const { userId, secret: shown, $createdAt } = await account.createPhoneVerification();
  assert.equal(shown, '');

  await account.updatePhoneVerification({ userId, secret: await textedCode(phone, $createdAt) });
  assert.equal((await account.get()).phoneVerification, true);
});

test('a recovery mail gives the account a new password, once, and ends its sessions', async () => {
  const person = await signUp();
  const { account } = asGuest();
  await account.createRecovery({ email: person.email, url: URL_OF_PAGE });
  const { userId, secret } = await mailedRecoveryLink(person.email, URL_OF_PAGE);
  const password = 'battery staple';

  await account.updateRecovery({ userId, secret, password });
  await assert.rejects(account.updateRecovery({ userId, secret, password }), refused.invalidToken);
  await assert.rejects(person.account.get(), refused.notSignedIn);
  await assert.rejects(signIn(person), refused.invalidCredentials);
  const again = await signIn({ ...person, password });
  assert.equal((await again.account.get()).emailVerification, true);
});

test('recovery tells nobody who has an account', async () => {
  const [{ email: known }, { email: unknown }] = [await register(), somebody()];
  const { account } = asGuest();
  const answers = [];
  for (const email of [known, unknown]) answers.push(await account.createRecovery({ email, url: URL_OF_PAGE }));

  assert.deepEqual(Object.keys(answers[0]), Object.keys(answers[1]));
  assert.deepEqual(answers.map(({ secret }) => secret), ['', '']);
});

test('a text message signs in: a new number opens an account', async () => {
  const { userId, phone } = somebody();
  const { account } = asGuest();
  const token = await account.createPhoneToken({ userId, phone });
  assert.deepEqual(pick(token, ['userId', 'secret']), { userId, secret: '' });
  await assert.rejects(asServer().users.get({ userId }), refused.noUser);

  const secret = await textedCode(phone, token.$createdAt);
  const session = await asServer().account.createSession({ userId, secret });
  const begun = { userId, provider: 'phone', factors: ['phone'] };
  assert.deepEqual(pick(session, Object.keys(begun)), begun);
  const me = await withSession(session.secret).account.get();
  assert.deepEqual(pick(me, ['phone', 'phoneVerification', 'email']), { phone, phoneVerification: true, email: '' });
  await assert.rejects(account.createSession({ userId, secret }), refused.invalidToken);
});

test('the team gets the secret of a sign-in itself, and a known number is its owner', async () => {
  const { userId, phone } = await register();
  const { account, users } = asServer();
  const { userId: askedFor } = somebody();
  const { userId: answered, secret } = await account.createPhoneToken({ userId: askedFor, phone });
  assert.equal(answered, askedFor);
  await assert.rejects(account.updatePhoneSession({ userId, secret }), refused.invalidToken);

  const session = await account.updatePhoneSession({ userId: askedFor, secret });
  assert.equal(session.userId, userId);
  const owner = { $id: userId, phone, phoneVerification: true };
  assert.deepEqual(pick(await withSession(session.secret).account.get(), Object.keys(owner)), owner);
  await assert.rejects(users.get({ userId: askedFor }), refused.noUser);
});
