/** The errors an application switches on, as assert.rejects takes them. */
export const refused = {
  unfit: { code: 400, type: 'general_argument_invalid' },
  challengeRequired: { code: 401, type: 'user_challenge_required' },
  invalidCredentials: { code: 401, type: 'user_invalid_credentials' },
  invalidToken: { code: 401, type: 'user_invalid_token' },
  jwtInvalid: { code: 401, type: 'user_jwt_invalid' },
  moreFactorsRequired: { code: 401, type: 'user_more_factors_required' },
  notAllowed: { code: 401, type: 'general_unauthorized_scope' },
  notSignedIn: { code: 401, type: 'general_unauthorized_scope' },
  signedInAlready: { code: 401, type: 'user_session_already_exists' },
  blocked: { code: 403, type: 'user_blocked' },
  jwtBesideSession: { code: 403, type: 'user_jwt_and_cookie_set' },
  jwtFromJwt: { code: 403, type: 'user_jwt_creation_denied' },
  noAuthenticator: { code: 404, type: 'user_authenticator_not_found' },
  noIdentity: { code: 404, type: 'user_identity_not_found' },
  noRecoveryCodes: { code: 404, type: 'user_recovery_codes_not_found' },
  noSession: { code: 404, type: 'user_session_not_found' },
  noUser: { code: 404, type: 'user_not_found' },
  addressTaken: { code: 409, type: 'user_target_already_exists' },
  authenticatorVerified: { code: 409, type: 'user_authenticator_already_verified' },
  recoveryCodesExist: { code: 409, type: 'user_recovery_codes_already_exists' },
  userExists: { code: 409, type: 'user_already_exists' },
  switchedOff: { code: 501, type: 'user_auth_method_unsupported' },
};

/** What an SDK returned, as objects that deepEqual can compare: the SDKs' own have no prototype. */
export const plain = (value) => structuredClone(value);

export const sorted = (values) => [...values].sort();

/** Some fields of an object, to be compared with those expected. */
export const pick = (object, names) => Object.fromEntries(names.map((name) => [name, object[name]]));
