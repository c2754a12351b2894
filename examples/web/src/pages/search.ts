import { call, type Enums, type Returns } from "../api";
import { choice, day, h, labelled, length, money, path, time } from "../dom";
import type { Page } from "../main";

type Order = Enums["directory_order"];

const PAGE = 20;
const ORDERS: [Order, string][] = [
  ["rating", "Best rated"],
  ["price", "Cheapest"],
];

/** The directory: who gives which lesson, for how much and when next. One request. */
export async function searchPage(title = "", name = "", order = "rating", after = ""): Promise<Page> {
  const found = await call("search_directory", {
    p_query: title || null,
    p_name: name || null,
    p_order: order as Order,
    p_limit: PAGE,
    p_after: after || null,
  });
  const [lesson, instructor] = [h("input", { type: "search", value: title }), h("input", { type: "search", value: name })];
  const sort = choice(ORDERS);
  sort.value = order;
  const search = (event: Event) => {
    event.preventDefault();
    location.hash = path("search", lesson.value, instructor.value, sort.value);
  };
  const fields = [labelled("Lesson", lesson), labelled("Instructor", instructor), labelled("Order", sort)];
  return {
    title: "Find lessons",
    content: h("div", {},
      h("form", { role: "search", onsubmit: search }, h("div", { class: "row" }, ...fields, h("button", {}, "Search"))),
      found.length === 0 && h("p", {}, "Nobody offers that here."),
      h("ul", { class: "cards" }, ...found.map(card)),
      found.length === PAGE && h("a", { class: "button", href: path("search", title, name, order, found.at(-1)!.cursor) }, "More"),
    ),
  };
}

function card(one: Returns<"search_directory">[number]): HTMLElement {
  const price = one.total_cents !== null && `${money(one.total_cents, one.currency)}, fee included`;
  const next = one.next_free_at && `${day(one.next_free_at, one.time_zone)}, ${time(one.next_free_at, one.time_zone)}`;
  return h("li", { class: "card" },
    h("h2", {}, h("a", { href: path("times", one.instructor_id, one.service_id, one.instructor_name) }, one.title)),
    h("p", {}, ["with " + one.instructor_name, one.organization_name, one.area].filter(Boolean).join(" · ")),
    h("p", {}, [length(one.duration_minutes), price].filter(Boolean).join(" · ")),
    h("p", { class: "soft" }, next ? `Next free: ${next}` : "Nothing is open at the moment."),
    one.rating !== null && h("p", { class: "soft" }, `Rated ${one.rating} in ${one.rating_count} lessons`),
  );
}
