import { call, forgetRoles, myRoles, requireSession, rows, supabase, type Enums, type Returns, type Tables } from "../api";
import { now } from "../config";
import { cards, choice, date, h, isoDate, labelled, openDialog, path, section, table, tabs } from "../dom";
import { button, did, done, form, type Page } from "../main";

type Member = Returns<"list_members">[number];
type Role = Enums["org_role"];

const ROLES: [Role, string][] = [
  ["instructor", "Instructor"],
  ["learner", "Learner"],
  ["admin", "Admin"],
  ["owner", "Owner"],
];

/** The school that the person runs; the first one, where they run several. */
export async function mySchool(): Promise<{ id: string; isOwner: boolean } | null> {
  const roles = await myRoles();
  const found = roles.find(({ role }) => role === "owner") ?? roles.find(({ role }) => role === "admin");
  return found?.org_id ? { id: found.org_id, isOwner: found.role === "owner" } : null;
}

export function schoolTabs(): HTMLElement {
  return tabs("School", [
    ["#/people", "People"],
    ["#/prices", "Lessons and prices"],
  ]);
}

/** A school's members and their roles, who is invited, its instructors and its learners. */
export async function peoplePage(): Promise<Page> {
  const { user } = await requireSession();
  const school = await mySchool();
  if (!school) return { title: "Found a school", content: found() };
  const of = { p_org_id: school.id };
  const [members, invitations, instructors, learners] = await Promise.all([
    call("list_members", { ...of, p_limit: 200 }),
    rows(
      supabase.from("invitations").select("id, email, role, expires_at").eq("org_id", school.id).is("accepted_at", null)
        .is("revoked_at", null).gt("expires_at", now().toISOString()).order("created_at"),
    ),
    rows(supabase.from("instructors").select("*").eq("org_id", school.id).order("display_name")),
    rows(supabase.from("learners").select("*").eq("org_id", school.id).order("full_name")),
  ]);
  const member = (one: Member) => [
    one.full_name ?? "Nobody any more",
    one.email,
    roleButtons(school.id, one, one.user_id === user.id),
    school.isOwner && !one.roles.includes("admin") && !one.roles.includes("owner") ? promote(school.id, one) : "",
  ];
  return {
    title: "School",
    content: h("div", {},
      schoolTabs(),
      section("Members", table("Members", ["Name", "E-mail", "Roles", ""], members.map(member))),
      section("Invitations", cards(invitations.map(invitation), "Nobody is invited at the moment."), invite(school.id)),
      section("Instructors", cards(instructors.map(instructor), "None yet: invite one.")),
      section("Learners", cards(learners.map(learner), "None yet: invite one, or add one without a login."), addLearner(school.id)),
    ),
  };
}

function found(): HTMLElement {
  const name = h("input", { required: true, maxLength: 100 });
  const currency = h("input", { required: true, value: "gbp", maxLength: 3 });
  const create = async () => {
    const p_time_zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
    await call("create_organization", { p_name: name.value, p_currency: currency.value, p_time_zone });
    forgetRoles();
    await done("The school is yours. Invite its instructors.");
  };
  return form(create, labelled("Name", name), labelled("Currency", currency), h("button", { class: "main" }, "Found"));
}

function roleButtons(orgId: string, member: Member, isMe: boolean): HTMLElement {
  const remove = (role: Role) => async () => {
    await call("remove_member_role", { p_org_id: orgId, p_user_id: member.user_id, p_role: role });
    await done(`${member.full_name} is no ${role} any more.`);
  };
  const one = (role: Role) =>
    h("li", {}, role, !isMe && button("Remove", remove(role), { class: "link", aria: { label: `Remove ${member.full_name} as ${role}` } }));
  return h("ul", { class: "plain lines" }, ...member.roles.map(one));
}

function promote(orgId: string, member: Member): HTMLElement {
  const work = () =>
    did(call("add_member_role", { p_org_id: orgId, p_user_id: member.user_id, p_role: "admin" }), `${member.full_name} is an admin now.`);
  return button("Make admin", work, { class: "link", aria: { label: `Make admin: ${member.full_name}` } });
}

function invitation(one: Pick<Tables<"invitations">, "id" | "email" | "role" | "expires_at">): HTMLElement {
  const withdraw = () => did(call("revoke_invitation", { p_invitation_id: one.id }), "Withdrawn.");
  return h("li", { class: "card" },
    h("h3", {}, one.email),
    h("p", {}, `As ${one.role}, until ${date(isoDate(one.expires_at))}. `, button("Withdraw", withdraw, { class: "link" })),
  );
}

/** The token is known this once: the link is shown, to be sent to the address. */
function invite(orgId: string): HTMLElement {
  const email = h("input", { type: "email", required: true });
  const role = choice(ROLES);
  const ask = async () => {
    const [made] = await call("invite_member", { p_org_id: orgId, p_email: email.value, p_role: role.value as Role });
    const link = h("input", { readOnly: true, value: `${location.origin}/${path("invitation", made!.token)}` });
    await done(`${email.value} is invited.`);
    openDialog(
      "Send this link",
      h("p", {}, `Only ${email.value} can use it, until ${date(isoDate(made!.expires_at))}.`),
      labelled("Link", link),
    );
  };
  return form(ask, h("div", { class: "row" }, labelled("E-mail", email), labelled("Role", role), h("button", {}, "Invite")));
}

function instructor(one: Tables<"instructors">): HTMLElement {
  const turn = async () => {
    await call("set_instructor_active", { p_instructor_id: one.id, p_is_active: !one.is_active });
    await done(
      one.is_active ? `${one.display_name} is not listed any more. Existing bookings stay.` : `${one.display_name} is listed again.`,
    );
  };
  const state = one.is_active
    ? one.verification_status === "verified"
      ? "listed"
      : `verification ${one.verification_status}`
    : "not listed";
  return h("li", { class: "card" },
    h("h3", {}, one.display_name),
    h("p", {},
      `${state}${one.user_id ? "" : ", without a login"}. `,
      button(one.is_active ? "Deactivate" : "Activate", turn, { class: "link" }),
    ),
  );
}

function learner(one: Tables<"learners">): HTMLElement {
  return h("li", { class: "card" },
    h("h3", {}, one.full_name),
    h("p", {}, `${one.lesson_count} lessons${one.user_id ? "" : ", without a login"}`),
  );
}

function addLearner(orgId: string): HTMLElement {
  const name = h("input", { required: true, maxLength: 100 });
  const born = h("input", { type: "date" });
  const guardian = h("input", { type: "email" });
  const add = async () => {
    const id = await call("add_learner", { p_org_id: orgId, p_full_name: name.value, p_date_of_birth: born.value || null });
    if (guardian.value)
      await call("link_guardian", { p_learner_id: id, p_guardian_email: guardian.value, p_can_book: true, p_can_pay: true });
    await done(`${name.value} was added.${guardian.value ? ` ${guardian.value} is asked to consent.` : ""}`);
  };
  const fields = [labelled("Name", name), labelled("Date of birth", born), labelled("Guardian's e-mail", guardian)];
  return form(add, h("h3", {}, "Add a learner without a login"), h("div", { class: "row" }, ...fields, h("button", {}, "Add")));
}
