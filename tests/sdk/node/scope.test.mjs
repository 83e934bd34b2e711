/** These suites walk through the whole of what is served: needs no server. */

import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { test } from 'node:test';

import * as sdk from 'node-appwrite';

import { sorted } from '../shared/expect.mjs';

const SERVED = {
  avatars: ['getQR'],
  project: [
    'get', 'getPolicy', 'listPolicies', 'updateAuthMethod', 'updatePasswordDictionaryPolicy', 'updatePasswordHistoryPolicy',
    'updatePasswordPersonalDataPolicy', 'updatePasswordStrengthPolicy', 'updateSessionAlertPolicy', 'updateSessionInvalidationPolicy',
  ],
};
const NOT_SERVED = {
  account: [
    'createEmailToken', 'createMagicURLToken', 'createOAuth2Token', 'deleteConsent',
    'deleteConsentToken', 'deleteIdentity', 'getConsent', 'getConsentToken', 'listConsents', 'listConsentTokens',
    'listIdentities', 'updateMagicURLSession',
  ],
  users: [
    'createArgon2User', 'createBcryptUser', 'createMD5User', 'createPHPassUser', 'createSHAUser',
    'createScryptModifiedUser', 'createScryptUser', 'createTarget', 'createToken', 'deleteIdentity', 'deleteTarget',
    'getPrefs', 'getTarget', 'listIdentities', 'listMemberships', 'listTargets', 'updateEmail',
    'updateImpersonator', 'updateLabels', 'updateName', 'updatePassword', 'updatePhone', 'updatePrefs', 'updateTarget',
  ],
};

const SERVICES = { account: sdk.Account, avatars: sdk.Avatars, project: sdk.Project, users: sdk.Users };
const CALL = /\b(account|avatars|project|users)\)?\.\w+/g;
const WALKED = new Set(sources().match(CALL).map((call) => call.replace(')', '')));

for (const [name, methods] of Object.entries(NOT_SERVED)) {
  test(`every method of ${name} is walked through, or known not to be served`, () => {
    const open = methodsOf(SERVICES[name]).filter((method) => !WALKED.has(`${name}.${newName(method)}`));
    assert.deepEqual(sorted(open), sorted(methods));
  });
}

for (const [name, methods] of Object.entries(SERVED)) {
  test(`what is served of ${name} is walked through`, () => {
    assert.deepEqual(methods.filter((method) => !WALKED.has(`${name}.${method}`)), []);
  });
}

function sources() {
  const files = readdirSync(new URL('.', import.meta.url)).filter((file) => file.endsWith('.test.mjs'));
  return [...files, 'person.mjs'].map((file) => readFileSync(new URL(file, import.meta.url), 'utf8')).join('\n');
}

/** What oldNames() turns into this method. */
function newName(method) {
  return method.replace('Mfa', 'MFA').replace(/^(create|update)Verification$/, '$1EmailVerification');
}

function methodsOf({ prototype }) {
  return Object.getOwnPropertyNames(prototype).filter((name) => name !== 'constructor');
}
