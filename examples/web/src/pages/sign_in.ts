import { Refusal, supabase } from "../api";
import { h, labelled } from "../dom";
import { act, tell, type Page } from "../main";

export async function signInPage(): Promise<Page> {
  const email = h("input", { type: "email", name: "email", autocomplete: "email", required: true });
  const password = h("input", { type: "password", name: "password", autocomplete: "current-password", required: true, minLength: 8 });
  const name = h("input", { type: "text", name: "name", autocomplete: "name", required: true });

  const signIn = act(async () => {
    const { error } = await supabase.auth.signInWithPassword({ email: email.value, password: password.value });
    goOn(error);
  });
  const signUp = act(async () => {
    const credentials = { email: newEmail.value, password: newPassword.value };
    const { data, error } = await supabase.auth.signUp({ ...credentials, options: { data: { full_name: name.value } } });
    if (data.user && !data.session) return tell("Follow the link in the mail that we have sent you. Then sign in here.");
    goOn(error);
  });
  const newEmail = email.cloneNode() as HTMLInputElement;
  const newPassword = password.cloneNode() as HTMLInputElement;
  newPassword.autocomplete = "new-password";

  return {
    title: "Sign in",
    content: h("div", { class: "columns" },
      h("form", { class: "card", onsubmit: signIn },
        h("h2", {}, "I have been here before"),
        labelled("E-mail", email),
        labelled("Password", password),
        h("button", { class: "main" }, "Sign in"),
      ),
      h("form", { class: "card", onsubmit: signUp },
        h("h2", {}, "I am new here"),
        labelled("Name", name),
        labelled("E-mail", newEmail),
        labelled("Password, at least eight characters", newPassword),
        h("button", {}, "Sign up"),
      ),
    ),
  };
}

function goOn(error: { message: string } | null): void {
  if (error) throw new Refusal(error.message, "Check the address and the password.", null);
  const back = sessionStorage.getItem("back") ?? "#/";
  sessionStorage.removeItem("back");
  location.hash = back;
}
