import { setTimeout as sleep } from 'node:timers/promises';

import { send } from './http.mjs';
import { INBOX, PROJECT_NAME } from './settings.mjs';

const PATIENCE_MS = 5_000;

/** The query of the link in the newest verification mail to this address, which must lead to `page`. */
export const mailedLink = (to, page) => linkOf(to, page, `Account Verification for ${PROJECT_NAME}`);

/** The same of the newest recovery mail. */
export const mailedRecoveryLink = (to, page) => linkOf(to, page, `Password Reset for ${PROJECT_NAME}`);

/** The same of the newest mail that signs in. */
export const mailedSignInLink = (to, page) => linkOf(to, page, `${PROJECT_NAME} Login`);

/** The six digits of the newest message that was sent there not before `since`. */
export async function sentCode(to, since) {
  const digits = /(?<!\d)\d{6}(?!\d)/;
  const { text } = await newest(to, (message) => sentSince(message, since) && digits.test(message.text));
  return text.match(digits)[0];
}

/** The code in the challenge mail that was sent to this address not before `since`. */
export async function mailedCode(to, since) {
  const subject = `Verification Code for ${PROJECT_NAME}`;
  const mail = await newest(to, (message) => message.subject === subject && sentSince(message, since));
  return mail.text.match(new RegExp(`use code (\\d{6}) for two-step verification in ${PROJECT_NAME}\\.`, 'i'))[1];
}

/** The code in the text message that was sent to this number not before `since`. */
export async function textedCode(to, since) {
  const sms = await newest(to, (message) => message.channel === 'sms' && sentSince(message, since));
  return sms.text.match(/^\d{6}(?!\d)/)[0];
}

async function linkOf(to, page, subject) {
  const mail = await newest(to, (message) => message.subject === subject);
  const links = [...mail.html.matchAll(/href="([^"]*)"/g)].map(([, link]) => new URL(link.replaceAll('&amp;', '&')));
  const link = links.find(({ origin, pathname }) => `${origin}${pathname}` === page);
  return Object.fromEntries(link.searchParams);
}

const sentSince = ({ sentAt }, since) => Date.parse(sentAt) >= Date.parse(since);

async function newest(to, wanted) {
  const deadline = Date.now() + PATIENCE_MS;
  while (Date.now() < deadline) {
    const message = (await messages(to)).find(wanted);
    if (message) return message;
    await sleep(50);
  }
  throw new Error(`No such message to ${to}; there are: ${JSON.stringify(await messages(to))}`);
}

async function messages(to) {
  const { body } = await send(`${INBOX}?to=${encodeURIComponent(to)}`);
  return JSON.parse(body);
}
