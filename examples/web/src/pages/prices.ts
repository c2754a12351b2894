import { call, rows, supabase, type Tables } from "../api";
import { amount, cards, cents, checkbox, date, h, labelled, length, section, ticked } from "../dom";
import { button, did, done, form, type Page } from "../main";
import { mySchool, schoolTabs } from "./people";

type Service = Tables<"services">;
type Card = Tables<"rate_cards">;
type Rate = Tables<"rate_card_items">;

/** A school's lessons, and its price lists: the one that is valid on the day of the lesson counts. */
export async function pricesPage(): Promise<Page> {
  const school = await mySchool();
  if (!school) return { title: "Lessons and prices", content: h("p", {}, h("a", { href: "#/people" }, "Found a school first.")) };
  const [organizations, services, rateCards, rates] = await Promise.all([
    rows(supabase.from("organizations").select("fee_mode").eq("id", school.id)),
    rows(supabase.from("services").select("*").eq("org_id", school.id).order("title")),
    rows(supabase.from("rate_cards").select("*").eq("org_id", school.id).order("created_at")),
    rows(supabase.from("rate_card_items").select("*").eq("org_id", school.id)),
  ]);
  const onOffer = services.filter((service) => service.is_active);
  const fee = organizations[0]?.fee_mode === "included" ? "is taken out of the price" : "comes on top";
  const ofCard = (card: Card) => rates.filter((rate) => rate.rate_card_id === card.id);
  return {
    title: "Lessons and prices",
    content: h("div", {},
      schoolTabs(),
      section("Lessons", cards(services.map(serviceCard), "None yet: add the first."), newService(school.id)),
      section(
        "Rate cards",
        h("p", { class: "soft" },
          `A lesson without a price on a card costs the instructor's hourly rate. The platform's fee ${fee}, unless another is agreed with an instructor.`,
        ),
        cards(
          rateCards.map((card) => rateCard(card, onOffer, ofCard(card))),
          "None yet.",
        ),
        newCard(school.id),
      ),
    ),
  };
}

function serviceCard(service: Service): HTMLElement {
  const turn = async () => {
    await rows(supabase.from("services").update({ is_active: !service.is_active }).eq("id", service.id).select("id"));
    await done(service.is_active ? `${service.title} is not offered any more.` : `${service.title} is offered again.`);
  };
  const about = [length(service.duration_minutes), service.requires_approval && "asked for first", !service.is_active && "not offered"];
  return h("li", { class: "card" },
    h("h3", {}, service.title),
    h("p", {}, `${about.filter(Boolean).join(", ")}. `, button(service.is_active ? "Withdraw" : "Offer again", turn, { class: "link" })),
  );
}

function newService(orgId: string): HTMLElement {
  const title = h("input", { required: true, maxLength: 100 });
  const minutes = h("input", { type: "number", min: "15", max: "720", step: "5", value: "60", required: true });
  const isRequest = checkbox();
  const add = async () => {
    const of = { p_org_id: orgId, p_title: title.value, p_duration_minutes: Number(minutes.value) };
    await call("create_service", { ...of, p_requires_approval: isRequest.checked });
    await done(`${title.value} is on offer. Give it a price below.`);
  };
  const fields = [labelled("Title", title), labelled("Minutes", minutes), ticked("asked for first", isRequest)];
  return form(add, h("h3", {}, "Add a lesson"), h("div", { class: "row" }, ...fields, h("button", {}, "Add")));
}

function rateCard(card: Card, services: Service[], rates: Rate[]): HTMLElement {
  const remove = () =>
    did(call("delete_rate_card", { p_rate_card_id: card.id }), `${card.name} is gone. Existing bookings keep their prices.`);
  const when = [card.valid_from && `from ${date(card.valid_from)}`, card.valid_to && `until ${date(card.valid_to)}`]
    .filter(Boolean)
    .join(" ");
  return h("li", { class: "card" },
    h("h3", {}, card.name),
    h("p", { class: "soft" }, [card.is_default && "the default", when].filter(Boolean).join(", ") || "always"),
    ...services.map((service) =>
      price(
        card,
        service,
        rates.find((rate) => rate.service_id === service.id),
      ),
    ),
    button("Delete", remove, { class: "link", aria: { label: `Delete ${card.name}` } }),
  );
}

function price(card: Card, service: Service, rate: Rate | undefined): HTMLElement {
  const value = rate ? amount(rate.price_cents, card.currency) : "";
  const field = h("input", { type: "number", min: "0", step: "0.01", value, placeholder: "by the hour" });
  const save = async () => {
    const p_price_cents = field.value ? cents(field.value, card.currency) : null;
    await call("set_rate", { p_rate_card_id: card.id, p_service_id: service.id, p_price_cents });
    await done(`The price of ${service.title} is saved. Existing bookings keep theirs.`);
  };
  const label = `${service.title}, in ${card.currency.toUpperCase()}`;
  return form(
    save,
    h("div", { class: "joined" }, labelled(label, field), h("button", { ariaLabel: `Save ${service.title} on ${card.name}` }, "Save")),
  );
}

function newCard(orgId: string): HTMLElement {
  const name = h("input", { required: true, maxLength: 100 });
  const [from, to] = [h("input", { type: "date" }), h("input", { type: "date" })];
  const isDefault = checkbox();
  const add = async () => {
    const valid = { p_valid_from: from.value || null, p_valid_to: to.value || null };
    await call("create_rate_card", { p_org_id: orgId, p_name: name.value, p_is_default: isDefault.checked, ...valid });
    await done(`${name.value} was added. Its prices are empty yet.`);
  };
  const fields = [labelled("Name", name), labelled("From", from), labelled("Until", to), ticked("default", isDefault)];
  return form(add, h("h3", {}, "Add a rate card"), h("div", { class: "row" }, ...fields, h("button", {}, "Add")));
}
