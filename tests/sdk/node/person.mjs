import { randomBytes, randomInt } from 'node:crypto';

import { AuthenticatorType, ID } from 'node-appwrite';

import { Authenticator, scan } from '../shared/authenticator.mjs';
import { mailedCode, textedCode } from '../shared/inbox.mjs';
import { asTheyAre } from '../shared/names.mjs';
import { asServer, withSession } from './clients.mjs';

/** What somebody new would type into a form. */
export const somebody = () => ({
  userId: ID.unique(),
  name: 'Zoë Łukasz',
  email: `zoe.${randomBytes(8).toString('hex')}@example.com`,
  phone: `+49151${randomInt(10_000_000, 100_000_000)}`,
  password: `correct horse ${randomBytes(8).toString('hex')}`,
});

/** Somebody whom the team's server gave an account, with all that a form asks for. */
export async function register() {
  const person = somebody();
  await asServer().users.create(person);
  return person;
}

/** The same person after signing in on a rendered page: the server takes the session and calls with its secret. */
export async function signIn(person, { server = asServer() } = {}) {
  const { email, password } = person;
  const session = await server.account.createEmailPasswordSession({ email, password });
  return { ...person, session, ...withSession(session.secret) };
}

export const signUp = async () => signIn(await register());

/** Somebody with every factor; both addresses are verified by the team. MFA is off. */
export async function enrol({ names = asTheyAre } = {}) {
  const person = await signUp();
  const account = names(person.account);
  const { users } = asServer();
  await users.updateEmailVerification({ userId: person.userId, emailVerification: true });
  await users.updatePhoneVerification({ userId: person.userId, phoneVerification: true });
  const { recoveryCodes } = await account.createMFARecoveryCodes();
  return { ...person, account, recoveryCodes, authenticator: await enrolAuthenticator(person, account) };
}

async function enrolAuthenticator({ avatars }, account) {
  const { uri } = await account.createMFAAuthenticator({ type: AuthenticatorType.Totp });
  const picture = await avatars.getQR({ text: uri, size: 200, margin: 0 });
  const authenticator = new Authenticator(scan(Buffer.from(picture)));
  await account.updateMFAAuthenticator({ type: AuthenticatorType.Totp, otp: authenticator.code() });
  return authenticator;
}

/** How a person comes by the code of each factor. */
const codeOf = {
  totp: ({ authenticator }) => authenticator.code({ ahead: 1 }),
  email: ({ email }, { $createdAt }) => mailedCode(email, $createdAt),
  phone: ({ phone }, { $createdAt }) => textedCode(phone, $createdAt),
  recoverycode: ({ recoveryCodes }) => recoveryCodes.pop(),
};

/** Proves the factor; returns the session. */
export async function passChallenge(person, factor) {
  const challenge = await person.account.createMFAChallenge({ factor });
  const otp = await codeOf[factor](person, challenge);
  return person.account.updateMFAChallenge({ challengeId: challenge.$id, otp });
}
