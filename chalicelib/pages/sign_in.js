// Sign in: by password, by a code or a link in a mail, by a passkey.

import { post, put } from "./api.js";
import { typeCode } from "./codes.js";
import { button, emailField, form, h, link, paragraph, passwordField, tell } from "./dom.js";
import { goOn, unlessSignedIn } from "./leave.js";
import { fillsIn, hasPasskeys, usePasskey } from "./passkeys.js";
import { address, given, known, lives, remember, remembered, show } from "./page.js";
import { say } from "./words.js";

export async function signIn() {
  if (given.secret) return byLink();
  const sent = remembered("code");
  return unlessSignedIn(() => (sent && lives(sent) ? typeSent(sent) : start()));
}

function start(email = "") {
  const { ways } = known;
  const passkey = ways.passkey && hasPasskeys;
  const ask = emailField(email, { autocomplete: passkey ? "username webauthn" : "username", autofocus: true });
  const secret = ways.password && passwordField("current-password");
  const byKey = passkey && { label: say("sign_in.passkey"), act: byPasskey, topic: "passkey" };
  const mailCode = ways.emailCode && { label: say("sign_in.code"), act: ({ email }) => byCode(email), needs: [ask], topic: "send" };
  const mailLink = ways.magicLink && known.links && { label: say("sign_in.link"), act: ({ email }) => sendLink(email), needs: [ask], topic: "send" };
  const byMail = [mailCode, mailLink].filter(Boolean);
  const first = secret ? { label: say("sign_in.submit"), act: byPassword } : byMail.shift();
  const told = h("div", { role: "alert", class: "told" });
  show(
    say("sign_in.title", { brand: known.brand }),
    first && form({
      fields: [ask, secret].filter(Boolean),
      submit: first.label,
      act: first.act,
      topic: first.topic,
      others: [byKey, ...byMail],
    }),
    told,
    !first && byKey && form({ submit: byKey.label, act: byKey.act, topic: "passkey" }),
    !first && !byKey && paragraph(say("sign_in.closed"), { class: "lead" }),
    h("ul", { class: "links" }, [
      secret && h("li", {}, link(say("sign_in.forgotten"), address("recovery"))),
      secret && h("li", {}, link(say("sign_in.no_account"), address("sign-up"))),
    ]),
  );
  if (first && passkey) offerPasskey(told);
}

async function byPassword({ email, password }) {
  await post("account/sessions/email", { email, password });
  await goOn();
}

async function byCode(email) {
  const token = await post("account/tokens/email", { userId: "unique()", email, phrase: true });
  typeSent({ ...token, email });
}

function typeSent(token) {
  const { email } = token;
  remember("code", token);
  typeCode({
    title: say("sign_in.code.title"),
    lead: say("code.sent", { email }),
    phrase: token.phrase,
    submit: say("sign_in.submit"),
    act: async ({ code }) => {
      await post("account/sessions/token", { userId: token.userId, secret: code });
      remember("code");
      await goOn();
    },
    resend: () => byCode(email),
    more: back(email),
  });
}

async function sendLink(email) {
  const { phrase } = await post("account/tokens/magic-url", { userId: "unique()", email, url: address("sign-in"), phrase: true });
  show(
    say("sign_in.link.title"),
    paragraph(say("sign_in.link.sent", { email }), { class: "lead" }),
    paragraph(say("code.phrase", { phrase }), { class: "phrase" }),
    back(email),
  );
}

function back(email) {
  const toStart = () => {
    remember("code");
    start(email);
  };
  return [button(say("sign_in.back"), toStart, { class: "quiet" })];
}

// Programs that look through mails open links, too: a person presses the button.
function byLink() {
  const act = async () => {
    await put("account/sessions/magic-url", { userId: given.userId, secret: given.secret });
    await goOn();
  };
  show(
    say("sign_in.title", { brand: known.brand }),
    paragraph(say("sign_in.link.here"), { class: "lead" }),
    form({ submit: say("sign_in.submit"), act, topic: "link" }),
    back(""),
  );
}

let waiting;

// A challenge for a passkey; the one that the browser offers passkeys for is as good, while it lives.
async function challenge() {
  if (!waiting || Date.now() > waiting.until) {
    waiting = { until: Date.now() + 4 * 60_000, challenge: await post("account/tokens/passkey") };
  }
  return waiting.challenge;
}

async function choosePasskey(more = {}) {
  const { $id, publicKey } = await challenge();
  const credential = await usePasskey(publicKey, more);
  waiting = null;
  return { challengeId: $id, credential };
}

async function enter(chosen) {
  const { userId, secret } = await put("account/tokens/passkey", chosen);
  await post("account/sessions/token", { userId, secret });
  await goOn();
}

const byPasskey = async () => enter(await choosePasskey());

// The browser offers passkeys where the address is typed. Whoever chooses one is told what fails then, as where it was
// offered for too long. What fails before was not asked for, and there is the button.
async function offerPasskey(told) {
  if (!(await fillsIn())) return;
  const chosen = await choosePasskey({ mediation: "conditional" }).catch(() => null);
  if (chosen) await enter(chosen).catch((problem) => tell(told, problem, "passkey"));
}
