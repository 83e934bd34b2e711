// What the buttons of passkeys.html do. `addPasskey`, `signIn` and `answerChallenge` are those of the document.

const at = (selector) => document.querySelector(selector);
const told = (error) => error.type || error.name;
const form = at("form");

const buttons = {
  up: async () => {
    await account.create({ userId: Appwrite.ID.unique(), ...entered(), name: "Ada" });
    await account.createEmailPasswordSession(entered());
  },
  "password-in": () => account.createEmailPasswordSession(entered()),
  "passkey-in": () => signIn(),
  answer: answerChallenge,
  leave: () => account.deleteSession({ sessionId: "current" }),
  add: () => addPasskey(`Device ${at("ul").children.length + 1}`),
  mfa: () => account.updateMFA({ mfa: true }),
};

function entered() {
  return { email: form.elements.email.value, password: form.elements.password.value };
}

async function show() {
  const user = await account.get().catch(told);
  const state = user.$id ? "in" : user === "user_more_factors_required" ? "half" : "out";
  at("h1").textContent = { in: `Hello ${user.name}`, half: "One more step", out: "Welcome" }[state];
  if (state === "in") await list();
  for (const each of document.querySelectorAll("main > [id]")) each.hidden = each.id !== state;
}

async function list() {
  const { passkeys } = await call("get", "/account/passkeys");
  at("ul").replaceChildren(...passkeys.map(({ $id, name, accessedAt }) => {
    const item = document.createElement("li"), remove = document.createElement("button");
    item.append(`${name}, ${accessedAt ? "used" : "never used"}`, remove);
    remove.textContent = "Remove";
    remove.ariaLabel = `Remove ${name}`;
    remove.onclick = () => act(() => call("delete", `/account/passkeys/${$id}`));
    return item;
  }));
}

async function act(step) {
  at("[role=status]").textContent = "";
  const said = await step().then(() => "Done", told);
  if (said === "AbortError") return;
  await show();
  at("[role=status]").textContent = said;
}

for (const ceremony of ["create", "get"]) {
  const asked = navigator.credentials[ceremony].bind(navigator.credentials);
  navigator.credentials[ceremony] = (options) => {
    at("main").dataset.asked = ceremony; // which tests wait for
    return asked(options);
  };
}
for (const button of document.querySelectorAll("[name]:is(button)")) {
  button.onclick = (event) => {
    event.preventDefault();
    act(buttons[button.name]);
  };
}
show().then(() => location.hash === "#suggest" && act(() => signIn("conditional")));
