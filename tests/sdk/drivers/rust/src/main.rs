//! Does the steps of the guide with the SDK for Rust, as `tests/sdk/guide.py` asks for them.

use std::env;
use std::io::{self, BufRead, Write};

use appwrite::enums::{AuthenticationFactor, AuthenticatorType::Totp, ProjectAuthMethodId};
use appwrite::services::{Account, Avatars, Project, Users};
use appwrite::{Client, Result};
use base64::{engine::general_purpose::STANDARD, Engine};
use serde_json::{from_value, json, Value};

#[tokio::main(flavor = "current_thread")]
async fn main() -> io::Result<()> {
    let mut caller = team();
    for line in io::stdin().lock().lines() {
        let step: Vec<Value> = serde_json::from_str(&line?)?;
        let (name, values) = (text(&step[0]), &step[1..]);
        let answer = match take(&caller, name, values).await {
            Ok(value) => {
                caller = caller_after(name, &value).unwrap_or(caller);
                json!({ "value": value })
            }
            Err(error) => json!({ "error": error.error_type.unwrap_or(error.message) }),
        };
        writeln!(io::stdout(), "{answer}")?;
    }
    Ok(())
}

/// A server that renders pages signs people in with its key, keeps the session and calls with that.
fn caller_after(step: &str, value: &Value) -> Option<Client> {
    match step {
        "signIn" | "createSession" => Some(client().set_session(text(&value["secret"]))),
        "signOut" => Some(team()),
        _ => None,
    }
}

async fn take(caller: &Client, step: &str, values: &[Value]) -> Result<Value> {
    let account = Account::new(caller);
    let (project, users) = (Project::new(&team()), Users::new(&team()));
    let given = |index: usize| text(&values[index]);
    Ok(match step {
        "signUp" => json!(account.create(given(0), given(1), given(2), Some(given(3))).await?),
        "signIn" => json!(account.create_email_password_session(given(0), given(1), None).await?),
        "me" => json!(account.get().await?),
        "createRecoveryCodes" => json!(account.create_mfa_recovery_codes().await?),
        "sendLink" => json!(account.create_email_verification(given(0)).await?),
        "verifyEmail" => json!(account.update_email_verification(given(0), given(1)).await?),
        "setPhone" => json!(account.update_phone(given(0), given(1)).await?),
        "sendCode" => json!(account.create_phone_verification().await?),
        "verifyPhone" => json!(account.update_phone_verification(given(0), given(1)).await?),
        "createAuthenticator" => json!(account.create_mfa_authenticator(Totp).await?),
        "picture" => {
            let (size, margin) = (values[1].as_i64(), values[2].as_i64());
            let picture = Avatars::new(caller).get_qr(given(0), size, margin, values[3].as_bool()).await?;
            json!(STANDARD.encode(picture))
        }
        "confirmAuthenticator" => json!(account.update_mfa_authenticator(Totp, given(1)).await?),
        "switchMfa" => json!(account.update_mfa(values[0] == true).await?),
        "signOut" => json!(account.delete_session(given(0)).await?),
        "listFactors" => json!(account.list_mfa_factors().await?),
        "createChallenge" => json!(account.create_mfa_challenge(factor(&values[0])).await?),
        "answerChallenge" => json!(account.update_mfa_challenge(given(0), given(1)).await?),
        "removeAuthenticator" => json!(account.delete_mfa_authenticator(Totp).await?),
        "setRpId" => json!(project.update_passkey_policy(given(0)).await?),
        "switchMethod" => json!(project.update_auth_method(method(&values[0]), values[1] == true).await?),
        "createPasskey" => json!(account.create_passkey(Some(given(0)), Some(given(1))).await?),
        "verifyPasskey" => json!(account.update_passkey_verification(given(0), values[1].clone()).await?),
        "listPasskeys" => json!(account.list_passkeys(None, None).await?),
        "getPasskey" => json!(account.get_passkey(given(0)).await?),
        "renamePasskey" => json!(account.update_passkey(given(0), given(1)).await?),
        "deletePasskey" => json!(account.delete_passkey(given(0)).await?),
        "createPasskeyToken" => json!(account.create_passkey_token().await?),
        "updatePasskeyToken" => json!(account.update_passkey_token(given(0), values[1].clone()).await?),
        "createSession" => json!(account.create_session(given(0), given(1)).await?),
        "listPasskeysOf" => json!(users.list_passkeys(given(0), None, None).await?),
        "getPasskeyOf" => json!(users.get_passkey(given(0), given(1)).await?),
        "renamePasskeyOf" => json!(users.update_passkey(given(0), given(1), given(2)).await?),
        "deletePasskeyOf" => json!(users.delete_passkey(given(0), given(1)).await?),
        _ => panic!("no such step: {step}"),
    })
}

fn factor(name: &Value) -> AuthenticationFactor {
    from_value(name.clone()).expect("a factor of the SDK")
}

fn method(name: &Value) -> ProjectAuthMethodId {
    from_value(name.clone()).expect("a method of the SDK")
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a string")
}

fn client() -> Client {
    let setting = |name| env::var(name).expect(name);
    Client::new().set_endpoint(setting("ENDPOINT")).set_project(setting("PROJECT"))
}

fn team() -> Client {
    client().set_key(env::var("KEY").expect("KEY"))
}
