/** Every method that the SDK for servers has. */

import assert from 'node:assert/strict';

import * as sdk from 'node-appwrite';

import { refused } from '../shared/expect.mjs';
import { asTheyAre, oldNames } from '../shared/names.mjs';
import { testScope } from '../shared/scope.mjs';
import { walkAccount, walkLocale } from '../shared/walk.mjs';
import { asServer } from './clients.mjs';
import { enrol, register, signIn, signUp, somebody } from './person.mjs';

const { Account, Avatars, ID, Locale, Project, Users } = sdk;
const CLASSES = { account: Account, avatars: Avatars, locale: Locale, project: Project, users: Users };

const HASH = '$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$0bJi1vt5zWMjv3rMlk0iVsPeVGpTwS3FyyoKVCp5vZk';
const COSTS = { passwordCpu: 2, passwordMemory: 1, passwordParallel: 1, passwordLength: 64 };
const OF_FIREBASE = { passwordSalt: 'AAAA', passwordSaltSeparator: 'Bw==', passwordSignerKey: 'AA'.repeat(32) };

async function walk() {
  await walkAccount({ guest: () => asServer().account, signUp, signIn });
  const { account, avatars, locale } = await signUp();
  assert.ok((await account.listLogs()).total > 0);
  assert.ok((await avatars.getQR({ text: 'Zürich' })).byteLength > 0);
  await walkLocale(locale);
  const { project, users } = asServer();
  await imports(users);
  await changesByTheTeam(users, await register(), somebody());
  for (const names of [asTheyAre, oldNames]) await factorsByTheTeam(names(users), await enrol());
  await policies(project);
}

async function imports(users) {
  const created = async (user, hash) => assert.equal((await users.get({ userId: (await user).$id })).hash, hash);
  const newcomer = () => ({ userId: ID.unique(), email: somebody().email, name: 'Grace' });

  await created(users.createArgon2User({ ...newcomer(), password: HASH }), 'argon2');
  const bcrypt = '$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW';
  await created(users.createBcryptUser({ ...newcomer(), password: bcrypt }), 'bcrypt');
  await created(users.createMD5User({ ...newcomer(), password: '00'.repeat(16) }), 'md5');
  await created(users.createPHPassUser({ ...newcomer(), password: '$P$9IQRaTwmfeRo7ud9Fh4E2PdI0S3r.L0' }), 'phpass');
  const scrypt = { password: '00'.repeat(64), passwordSalt: 'salt', ...COSTS };
  await created(users.createScryptUser({ ...newcomer(), ...scrypt }), 'scrypt');
  const firebase = { password: 'AA'.repeat(32), ...OF_FIREBASE };
  await created(users.createScryptModifiedUser({ ...newcomer(), ...firebase }), 'scryptMod');
  const sha = { password: '00'.repeat(64), passwordVersion: sdk.PasswordHash.Sha512 };
  await created(users.createSHAUser({ ...newcomer(), ...sha }), 'sha');
}

async function changesByTheTeam(users, { userId, email }, { email: newEmail, phone }) {
  assert.equal((await users.list({ search: email })).total, 1);
  assert.equal((await users.listIdentities()).total, 0);
  assert.equal((await users.listMemberships({ userId })).total, 0);
  await assert.rejects(users.deleteIdentity({ identityId: 'none' }), refused.noIdentity);
  assert.ok((await users.listLogs({ userId })).total > 0);
  assert.equal((await users.updateName({ userId, name: 'Grace' })).name, 'Grace');
  assert.equal((await users.updateEmail({ userId, email: newEmail })).email, newEmail);
  assert.equal((await users.updatePhone({ userId, number: phone })).phone, phone);
  assert.equal((await users.updatePassword({ userId, password: 'battery staple' })).hash, 'argon2');
  assert.deepEqual([...(await users.updateLabels({ userId, labels: ['vip'] })).labels], ['vip']);
  assert.equal((await users.updatePrefs({ userId, prefs: { theme: 'dark' } })).theme, 'dark');
  assert.equal((await users.getPrefs({ userId })).theme, 'dark');

  const office = { providerType: sdk.MessagingProviderType.Email, identifier: `office.${newEmail}` };
  const { $id: targetId } = await users.createTarget({ userId, targetId: ID.unique(), ...office });
  assert.equal((await users.updateTarget({ userId, targetId, name: 'Office' })).name, 'Office');
  assert.equal((await users.getTarget({ userId, targetId })).name, 'Office');
  await users.deleteTarget({ userId, targetId });
  assert.equal((await users.listTargets({ userId })).total, 2);

  assert.equal((await users.createToken({ userId })).userId, userId);
  const { $id: sessionId } = await users.createSession({ userId });
  assert.ok((await users.createJWT({ userId, sessionId })).jwt);
  assert.equal((await users.listSessions({ userId })).total, 1);
  await users.deleteSession({ userId, sessionId });
  await users.deleteSessions({ userId });
  assert.equal((await users.updateStatus({ userId, status: false })).status, false);
  await users.delete({ userId });
}

async function factorsByTheTeam(users, { userId }) {
  assert.equal((await users.listMFAFactors({ userId })).totp, true);
  assert.equal((await users.getMFARecoveryCodes({ userId })).recoveryCodes.length, 10);
  assert.equal((await users.updateMFARecoveryCodes({ userId })).recoveryCodes.length, 10);
  assert.equal((await users.updateMFA({ userId, mfa: true })).mfa, true);
  await users.deleteMFAAuthenticator({ userId, type: 'totp' });
  const other = await register();
  assert.equal((await users.createMFARecoveryCodes(other)).recoveryCodes.length, 10);
}

/** Sets each to what it is already: other suites share the server. */
async function policies(project) {
  assert.equal((await project.get()).$id, 'demo');
  await project.updateAuthMethod({ methodId: sdk.ProjectAuthMethodId.Phone, enabled: true });
  const off = { enabled: false };
  const changed = [
    await project.updateDenyAliasedEmailPolicy(off),
    await project.updateDenyCorporateEmailPolicy(off),
    await project.updateDenyDisposableEmailPolicy(off),
    await project.updateDenyFreeEmailPolicy(off),
    await project.updateMembershipPrivacyPolicy({}),
    await project.updatePasswordDictionaryPolicy({ enabled: true }),
    await project.updatePasswordHistoryPolicy({ total: null }),
    await project.updatePasswordPersonalDataPolicy(off),
    await project.updatePasswordStrengthPolicy({ min: 8 }),
    await project.updateSessionAlertPolicy(off),
    await project.updateSessionDurationPolicy({ duration: 30 * 86_400 }),
    await project.updateSessionInvalidationPolicy({ enabled: true }),
    await project.updateSessionLimitPolicy({ total: 10 }),
    await project.updateUserLimitPolicy({ total: null }),
  ];
  for (const { $id } of changed) assert.ok(['demo', 'password-strength'].includes($id));
  const { total } = await project.listPolicies();
  assert.equal(total, changed.length - 1, 'PyPI 20, which asks for this format too, does not know deny-corporate-email');
  for (const policyId of Object.values(sdk.ProjectPolicyId)) {
    assert.equal((await project.getPolicy({ policyId })).$id, policyId);
  }
}

async function refusalOf(service, method, anything) {
  const caller = service === 'account' ? person : asServer();
  try {
    return await caller[service][method](anything);
  } catch ({ code, type }) {
    return [code, type];
  }
}

const person = await signUp();
testScope(CLASSES, walk, refusalOf);
