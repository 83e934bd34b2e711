// A new password, by a code or a link in a mail.

import { post, put } from "./api.js";
import { typeCode } from "./codes.js";
import { button, emailField, form, link, newPasswordField, paragraph } from "./dom.js";
import { address, given, known, lives, remember, remembered, show } from "./page.js";
import { say } from "./words.js";

const toSignIn = () => paragraph(link(say("recovery.sign_in"), address("sign-in")));

export function recovery() {
  if (given.secret) return byLink();
  const sent = remembered("reset");
  if (sent && lives(sent)) typeSent(sent);
  else start();
}

function another() {
  remember("reset");
  start();
}

function start() {
  const email = emailField("", { autofocus: true });
  const byMail = { label: say("recovery.link"), act: ({ email }) => sendLink(email), needs: [email] };
  show(
    say("recovery.title"),
    paragraph(say("recovery.lead"), { class: "lead" }),
    form({ fields: [email], submit: say("recovery.submit"), others: [known.links && byMail], topic: "send", act: ({ email }) => byCode(email) }),
    toSignIn(),
  );
}

async function byCode(email) {
  const token = await post("account/recovery/otp", { email, phrase: true });
  remember("reset", { ...token, email });
  typeSent({ ...token, email });
}

function typeSent({ userId, phrase, email }) {
  typeCode({
    title: say("recovery.code.title"),
    lead: say("recovery.sent", { email }),
    phrase,
    fields: [newPasswordField()],
    submit: say("recovery.set"),
    topic: "recovery_code",
    act: async ({ code, password }) => {
      await put("account/recovery/otp", { userId, secret: code, password });
      remember("reset");
      done();
    },
    more: [button(say("sign_in.back"), another, { class: "quiet" }), toSignIn()],
  });
}

async function sendLink(email) {
  await post("account/recovery", { email, url: address("recovery") });
  show(say("recovery.link.title"), paragraph(say("recovery.link.sent", { email }), { class: "lead" }), toSignIn());
}

function byLink() {
  const act = async ({ password }) => {
    await put("account/recovery", { userId: given.userId, secret: given.secret, password });
    given.secret = null;
    done();
  };
  show(
    say("recovery.code.title"),
    form({ fields: [newPasswordField({ autofocus: true })], submit: say("recovery.set"), topic: "link", act }),
    toSignIn(),
  );
}

function done() {
  show(say("recovery.done.title"), paragraph(say("recovery.done.lead"), { class: "lead" }), paragraph(link(say("sign_in.submit"), address("sign-in"), { class: "primary" })));
}
