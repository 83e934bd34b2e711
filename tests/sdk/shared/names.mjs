const OLD_NAMES = { MFA: 'Mfa', EmailVerification: 'Verification' };

export const asTheyAre = (service) => service;

/** A service whose methods are called by the names that they had before Appwrite 1.8, as far as the SDK has them. */
export function oldNames(service) {
  const old = (name) => name.replace(/MFA|EmailVerification(?!OTP)/, (word) => OLD_NAMES[word]);
  return new Proxy(service, { get: (target, name) => (target[old(name)] ?? target[name]).bind(target) });
}
