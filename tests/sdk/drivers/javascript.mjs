/**
 * Does the steps of the guide with one SDK of npm, as `tests/sdk/guide.py` asks for them.
 *
 * `node javascript.mjs SDK PLACE`, the place being where a browser keeps the session, or the system of a native app.
 */

import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';

import { nativeFetch } from '../native/fetch.mjs';
import { ENDPOINT, KEY, PROJECT } from '../shared/settings.mjs';
import { Browser } from '../web/browser.mjs';

const require = createRequire(import.meta.url);

/** Each step's method; its name before Appwrite 1.8, where it had another; and its parameters, which then had no names. */
const STEPS = {
  signUp: { method: 'create', parameters: ['userId', 'email', 'password', 'name'] },
  signIn: { method: 'createEmailPasswordSession', parameters: ['email', 'password'] },
  me: { method: 'get' },
  createRecoveryCodes: { method: 'createMFARecoveryCodes', before: 'createMfaRecoveryCodes' },
  sendLink: { method: 'createEmailVerification', before: 'createVerification', parameters: ['url'] },
  verifyEmail: { method: 'updateEmailVerification', before: 'updateVerification', parameters: ['userId', 'secret'] },
  setPhone: { method: 'updatePhone', parameters: ['phone', 'password'] },
  sendCode: { method: 'createPhoneVerification' },
  verifyPhone: { method: 'updatePhoneVerification', parameters: ['userId', 'secret'] },
  createAuthenticator: { method: 'createMFAAuthenticator', before: 'createMfaAuthenticator', parameters: ['type'] },
  picture: { service: 'avatars', method: 'getQR', parameters: ['text', 'size', 'margin', 'download'] },
  confirmAuthenticator: { method: 'updateMFAAuthenticator', before: 'updateMfaAuthenticator', parameters: ['type', 'otp'] },
  switchMfa: { method: 'updateMFA', parameters: ['mfa'] },
  signOut: { method: 'deleteSession', parameters: ['sessionId'] },
  listFactors: { method: 'listMFAFactors', before: 'listMfaFactors' },
  createChallenge: { method: 'createMFAChallenge', before: 'createMfaChallenge', parameters: ['factor'] },
  answerChallenge: { method: 'updateMFAChallenge', before: 'updateMfaChallenge', parameters: ['challengeId', 'otp'] },
  removeAuthenticator: { method: 'deleteMFAAuthenticator', before: 'deleteMfaAuthenticator', parameters: ['type'] },
};

/** Where each SDK runs, and whether it is older than Appwrite 1.8. */
const SDKS = {
  appwrite: { open: page },
  'appwrite-14': { open: page, old: true },
  'node-appwrite': { open: server },
  'node-appwrite-12': { open: server, old: true },
  'react-native-appwrite': { open: app },
};

/** A page in a browser; a picture is the address of one. */
function page(sdk, keeper) {
  const browser = new Browser(keeper, { sdk });
  const { account, avatars } = browser;
  return { account, avatars, bytes: async (url) => (await browser.image(url.toString())).bytes };
}

/** A server that renders pages: it signs people in with its key, keeps the session and calls with that. */
function server(sdk) {
  const { Account, Avatars, Client } = require(sdk);
  const client = () => new Client().setEndpoint(ENDPOINT).setProject(PROJECT);
  const services = (caller) => ({ account: new Account(caller), avatars: new Avatars(caller) });
  const team = services(client().setKey(KEY));
  return {
    ...team,
    bytes: Buffer.from,
    signedIn({ secret }) { Object.assign(this, services(client().setSession(secret))); },
    signedOut() { Object.assign(this, team); },
  };
}

/** An app on a phone of this system. */
function app(sdk, system) {
  process.env.NATIVE_OS = system;
  globalThis.fetch = nativeFetch();
  const { Account, Avatars, Client } = require(sdk);
  const client = new Client().setEndpoint(ENDPOINT).setProject(PROJECT).setPlatform('com.example.app');
  return { account: new Account(client), avatars: new Avatars(client), bytes: Buffer.from };
}

const [name, place] = process.argv.slice(2);
const { open, old } = SDKS[name];
const here = open(name, place);

async function take(step, values) {
  const { service = 'account', method, before = method, parameters = [] } = STEPS[step];
  const named = () => Object.fromEntries(parameters.map((parameter, index) => [parameter, values[index]]));
  const result = await here[service][old ? before : method](...(old ? values : [named()]));
  if (step === 'signIn') here.signedIn?.(result);
  if (step === 'signOut') here.signedOut?.();
  return step === 'picture' ? (await here.bytes(result)).toString('base64') : result;
}

for await (const line of createInterface({ input: process.stdin })) {
  const [step, ...values] = JSON.parse(line);
  const answer = await take(step, values).then(
    (value) => ({ value }),
    (error) => ({ error: error.type || String(error.stack) }),
  );
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
