import { call, forgetRoles, requireSession } from "../api";
import { h } from "../dom";
import { button, type Page } from "../main";

/** Where the link of an invitation leads: it is taken with the login of the address that it was sent to. */
export async function invitationPage(token = ""): Promise<Page> {
  const { user } = await requireSession();
  const accept = async () => {
    await call("accept_invitation", { p_token: token });
    forgetRoles();
    location.hash = "#/";
  };
  return {
    title: "You are invited",
    content: h("div", { class: "narrow" },
      h("p", {}, `You are signed in as ${user.email}. The invitation is for the address that it was sent to.`),
      button("Accept", accept, { class: "main" }),
    ),
  };
}
