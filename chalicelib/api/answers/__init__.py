"""What the resources answer with, a file for each kind: the JSON that is made of a record, and its schema beside it."""

ANSWERS = (
    *("account", "document", "handover", "jwt", "logList", "mfaChallenge", "mfaChallengeSecret", "mfaFactors"),
    *("mfaRecoveryCodes", "mfaType", "passkey", "passkeyChallenge", "passkeyList", "png", "policy", "policyList"),
    *("pong", "preferences", "project", "session", "sessionList", "token"),
    *("identityList", "membershipList", "page", "pageFile", "target", "targetList", "user", "userList", "version"),
    *("healthQueue", "healthStatus", "healthStatusList", "healthTime", "userExport"),
    *("continentList", "countryList", "currencyList", "languageList", "locale", "localeCodeList", "phoneList"),
)
"""What endpoints answer with. Their schemas are in models.py, which a cold start does without."""
