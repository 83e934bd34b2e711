/** The project's switches, and its pictures. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { ProjectAuthMethodId, ProjectPolicyId } from 'node-appwrite';
import { PNG } from 'pngjs';

import { scan } from '../shared/authenticator.mjs';
import { pick, plain, refused } from '../shared/expect.mjs';
import { PROJECT, PROJECT_NAME } from '../shared/settings.mjs';
import { asGuest, asServer } from './clients.mjs';
import { signIn, signUp, somebody } from './person.mjs';

const { project } = asServer();
const SWITCH = ProjectPolicyId.Sessioninvalidation;

test('the project tells its name and its ways to sign in', async () => {
  const shown = await project.get();
  assert.deepEqual(pick(shown, ['$id', 'name']), { $id: PROJECT, name: PROJECT_NAME });
  assert.deepEqual(shown.authMethods.map(({ $id }) => $id), Object.values(ProjectAuthMethodId));
});

test('each policy of the list can be read by itself, and one that is not in it', async () => {
  const { total, policies } = await project.listPolicies();
  assert.equal(total, policies.length);
  assert.ok(policies.length > 1 && !policies.some(({ $id }) => $id === 'mfa-factors'), 'of an SDK that does not know it');
  const factors = await project.getPolicy({ policyId: 'mfa-factors' });
  assert.deepEqual(plain(factors), { $id: 'mfa-factors', totp: true, email: true, phone: true, passkey: true, custom: false });
  for (const { $id: policyId, ...values } of policies) {
    const { $id, ...same } = await project.getPolicy({ policyId });
    assert.deepEqual([$id, same], [policyId, values]);
  }
});

test('with session invalidation off, a new password leaves other sessions alone', async (t) => {
  t.after(() => project.updateSessionInvalidationPolicy({ enabled: true }));
  const person = await signUp();
  const elsewhere = await signIn(person);
  await project.updateSessionInvalidationPolicy({ enabled: false });
  assert.equal((await project.getPolicy({ policyId: SWITCH })).enabled, false);

  await person.account.updatePassword({ password: 'battery staple', oldPassword: person.password });
  await elsewhere.account.get();
});

test('whether owners hear of new devices is a policy', async (t) => {
  t.after(() => project.updateSessionAlertPolicy({ enabled: false }));
  await project.updateSessionAlertPolicy({ enabled: true });
  assert.equal((await project.getPolicy({ policyId: 'session-alert' })).enabled, true);
});

test('a password is what the project asks for', async (t) => {
  t.after(async () => {
    await project.updatePasswordDictionaryPolicy({ enabled: true });
    await project.updatePasswordHistoryPolicy({ total: null });
    await project.updatePasswordPersonalDataPolicy({ enabled: false });
    await project.updatePasswordStrengthPolicy({ uppercase: false });
  });
  const { userId, account, password: oldPassword } = await signUp();
  const change = (password) => account.updatePassword({ password, oldPassword });
  await assert.rejects(change('password1'), refused.unfit);
  const strength = await project.updatePasswordStrengthPolicy({ uppercase: true });
  assert.deepEqual(pick(strength, ['$id', 'min', 'uppercase']), { $id: 'password-strength', min: 8, uppercase: true });
  await assert.rejects(change('battery staple'), refused.unfit);
  await project.updatePasswordPersonalDataPolicy({ enabled: true });
  await assert.rejects(change(`Battery ${userId} staple`), { code: 400, type: 'password_personal_data' });
  await change('Battery staple');
  await project.updatePasswordHistoryPolicy({ total: 2 });
  const again = account.updatePassword({ password: 'Battery staple', oldPassword: 'Battery staple' });
  await assert.rejects(again, { code: 400, type: 'password_recently_used' });
});

test('a way to sign in that is switched off is open to the team only', async (t) => {
  const methodId = ProjectAuthMethodId.Phone;
  t.after(() => project.updateAuthMethod({ methodId, enabled: true }));
  const { authMethods } = await project.updateAuthMethod({ methodId, enabled: false });
  assert.equal(authMethods.find(({ $id }) => $id === methodId).enabled, false);

  await assert.rejects(asGuest().account.createPhoneToken(somebody()), refused.switchedOff);
  await asServer().account.createPhoneToken(somebody());
});

test('a session sees no switch', async () => {
  const person = await signUp();
  await assert.rejects(person.project.get(), refused.notAllowed);
  await assert.rejects(person.project.updateSessionInvalidationPolicy({ enabled: false }), refused.notAllowed);
});

test('anybody gets a text as a QR code of the size that they want', async () => {
  const wanted = { text: 'Zürich 東京', size: 300, margin: 2, download: true };
  const picture = Buffer.from(await asGuest().avatars.getQR(wanted));
  const { width, height } = PNG.sync.read(picture);
  assert.deepEqual([width, height], [300, 300]);
  assert.equal(scan(picture), 'Zürich 東京');
});
